//! x
use iamdb::{algebra::Budget, analysis::*, catalog::Catalog, compile::Typing, layers::*, policy::*};
use std::fs;
use std::sync::Arc;
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let sub = |n: &str| {
        let text = fs::read_to_string(format!("{dir}/{n}")).unwrap();
        alone(
            vec![LayerPolicy {
                name: n.into(),
                kind: "x".into(),
                group: None,
                policy_type: PolicyType::Identity,
                document: Some(Arc::new(LayerDocument { parsed: parse(&text, PolicyType::Identity), text })),
                offset: 0,
            }],
            PolicyType::Identity,
        )
    };
    let catalog = Catalog::embedded();
    let t = std::time::Instant::now();
    let mut a = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let d = a.diff(&sub("old.json"), &sub("new.json"), &Part::default()).unwrap();
    println!("{:?} {:?} +{} -{}", t.elapsed(), d.verdict, d.gained.len(), d.lost.len());
    for (s, c) in d.gained.iter().map(|c| ("+", c)).chain(d.lost.iter().map(|c| ("-", c))) {
        println!(
            "{s} {:?} exact {} wit {:?}",
            c.cause,
            c.is_exact,
            c.example().map(|r| format!(
                "{} {} {}",
                r.action,
                r.resource,
                r.context.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
            ))
        );
        for b in &c.boxes {
            println!("   box {:?} {:?} {:?} {:?}", b.side, b.statement, b.actions, b.resources);
        }
        for b in &c.except {
            println!("   except {:?} {:?} {:?} {:?}", b.side, b.statement, b.actions, b.resources);
        }
    }
}
