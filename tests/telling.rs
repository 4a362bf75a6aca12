//! What is told of clauses: the members of the JSON, which programs rely on; that what is told does not depend on how a
//! policy is laid out; and the forms that other programs read.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Part, Verdict, alone};
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::policy::PolicyType;
use iamdb::tell::{Direction, Teller, Told};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::asking::layer_policy;
use crate::generate::policy;

/// The verdict, and what is told of all that is gained and lost.
fn told(old: &str, new: &str, catalog: &Catalog) -> (Verdict, Vec<Told>) {
    let subject = |text| alone(vec![layer_policy(text, PolicyType::Identity)], PolicyType::Identity);
    let (old, new) = (subject(old), subject(new));
    let mut analysis = Analysis::new(catalog, Typing::Typed, Budget::default());
    let diff = analysis.diff(&old, &new, &Part::default()).unwrap();
    let teller = Teller::between(catalog, &old, &new);
    let gained = diff.gained.iter().map(|clause| teller.tell(clause, Direction::Gained));
    let lost = diff.lost.iter().map(|clause| teller.tell(clause, Direction::Lost));
    (diff.verdict, gained.chain(lost).collect())
}

/// The policy with its statements and their entries in the other order, as another author would have written it.
fn reshuffled(policy: &Json) -> Json {
    match policy {
        Json::Array(items) => items.iter().rev().map(reshuffled).collect(),
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| {
                let value = if key == "Condition" { value.clone() } else { reshuffled(value) };
                (key.clone(), value)
            };
            members.iter().map(member).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

proptest! {
    /// Two layouts of a policy are equivalent.
    #[test]
    fn the_layout_makes_no_difference(policy in policy()) {
        let catalog = Catalog::embedded();
        let policy: Json = serde_json::from_str(&policy.to_string()).unwrap();
        let (verdict, told) = told(&policy.to_string(), &reshuffled(&policy).to_string(), &catalog);
        prop_assert_eq!(verdict, Verdict::Equivalent);
        prop_assert!(told.is_empty());
    }

    /// Whatever is told has words for every part, and a fingerprint that the formatting of the policy leaves alone.
    #[test]
    fn fingerprints_stay_when_lines_move(old in policy(), new in policy()) {
        let catalog = Catalog::embedded();
        let (old, new) = (old.to_string(), new.to_string());
        let moved = format!("\n\n{}", serde_json::from_str::<Json>(&new).unwrap());
        let prints = |told: &[Told]| told.iter().map(Told::fingerprint).collect::<BTreeSet<_>>();
        let here = told(&old, &new, &catalog).1;
        let there = told(&old, &moved, &catalog).1;
        prop_assert_eq!(prints(&here), prints(&there));
        for clause in &here {
            let words = clause.words(iamdb::tell::Detail::Whole);
            prop_assert!(!words.heading.is_empty() && words.rows.iter().all(|row| !row.text.is_empty()));
            prop_assert!(!words.is_cut);
        }
    }
}

/// Members may be added; none of these goes away or changes its type.
#[test]
fn the_json_of_a_clause_keeps_its_members() {
    let catalog = Catalog::embedded();
    let nothing = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let new = json!({"Version": "2012-10-17", "Statement": {"Sid": "Read", "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:Get*"], "Resource": "arn:aws:s3:::b/*",
        "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}});
    let (verdict, told) = told(&nothing, &new.to_string(), &catalog);
    assert_eq!(verdict, Verdict::Wider);
    let clause = told.first().unwrap().json();
    assert_eq!(clause["actions"], json!(["s3:Get*"]));
    assert_eq!(clause["resources"], json!({"include": ["arn:aws:s3:::b/*"], "exclude": []}));
    assert_eq!(
        clause["conditions"],
        json!([{"operator": "StringEquals", "key": "aws:SourceVpce", "values": ["vpce-1"]}])
    );
    assert_eq!(clause["level"], "read");
    assert_eq!(clause["possible"], false);
    assert_eq!(clause["causes"][0]["change"], "added");
    assert_eq!(clause["causes"][0]["sid"], "Read");
    assert_eq!(clause["causes"][0]["line"], 1);
    assert_eq!(clause["witness"]["context"], json!({"aws:SourceVpce": "vpce-1"}));
    assert_eq!(clause["fingerprint"].as_str().unwrap().len(), 64);
    assert_eq!((clause["within"].clone(), clause["except"].clone()), (json!([]), json!([])));
}

fn diff(arguments: &[&str]) -> (String, Option<i32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/diff.in");
    let ran =
        Command::new(env!("CARGO_BIN_EXE_iamdb")).arg("diff").args(arguments).current_dir(folder).output();
    let ran = ran.unwrap();
    (String::from_utf8(ran.stdout).unwrap(), ran.status.code())
}

/// What SARIF 2.1.0 requires, and what shows of it beside the code.
#[test]
fn sarif_has_what_is_required() {
    let (text, exit) = diff(&["old", "new", "-o", "sarif"]);
    assert_eq!(exit, Some(1));
    let log: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "iamdb");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5);
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
        assert!(["note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with(".json"));
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        assert_eq!(result["partialFingerprints"]["accessRegion/v1"].as_str().unwrap().len(), 64);
    }
}

/// Every form of the answer has the same exit code, and every run the same bytes.
#[test]
fn the_form_changes_no_exit_code() {
    for form in ["text", "json", "markdown", "sarif"] {
        let (once, exit) = diff(&["old", "new", "-o", form]);
        assert_eq!(exit, Some(1), "{form}");
        assert_eq!(once, diff(&["old", "new", "-o", form]).0, "{form}");
        assert_eq!(diff(&["old", "old", "-o", form]).1, Some(0), "{form}");
        assert_eq!(diff(&["old", "new", "-o", form, "--fail-on", "none"]).1, Some(0), "{form}");
    }
}

/// In a table no text breaks a cell: every row has as many as the head.
#[test]
fn markdown_rows_have_as_many_cells_as_the_head() {
    let (text, _) = diff(&["old", "new", "-o", "markdown"]);
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 5);
    assert!(rows.iter().all(|row| cells(row) == cells(rows[0])), "{text}");
}
