//! Policy checks against what AWS itself found: real outputs of Access Analyzer, and the policies that AWS manages,
//! which it accepts. Where the answers differ, `validate/exceptions.json` says why. And each check by itself: a policy
//! that has it beside one that has it not, in `validate/cases.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Subject, alone, unlimited};
use iamdb::caller::Caller;
use iamdb::catalog::Catalog;
use iamdb::compile::{Callers, Typing};
use iamdb::knowledge::Knowledge;
use iamdb::layers::{Layer, LayerPolicy};
use iamdb::policy::{PolicyType, ResourceService, parse};
use iamdb::validate::{
    Basis, CHECKS, Escalation, Finding, FindingType, Options, PathElement, ResourceType, ScpGrammar, Step,
    Validator, check, escalations,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")
}

fn data(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate").join(name);
    std::fs::read_to_string(file).unwrap()
}

/// A difference that is known.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// The file of cases, or `managed`.
    corpus: String,
    /// The code.
    code: String,
    /// Whether it is ours or theirs alone.
    only: Side,
    /// What it is about: each stands in the message, or in the name of a case.
    about: Vec<String>,
    /// Why.
    reason: String,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Side {
    Ours,
    Theirs,
}

/// The exceptions, and which of them were met.
struct Known {
    exceptions: Vec<Exception>,
    met: BTreeSet<(usize, String)>,
    unexplained: Vec<String>,
}

impl Known {
    fn read(corpus: &str) -> Known {
        let mut exceptions: Vec<Exception> = serde_json::from_str(&data("exceptions.json")).unwrap();
        exceptions.retain(|exception| exception.corpus == corpus);
        Known { exceptions, met: BTreeSet::new(), unexplained: Vec::new() }
    }

    fn differs(&mut self, name: &str, code: &str, only: Side, what: &str) {
        let text = format!("{name}: {what}");
        let mut explained = false;
        for (nth, exception) in self.exceptions.iter().enumerate() {
            if exception.code == code && exception.only == only {
                for about in exception.about.iter().filter(|about| text.contains(*about)) {
                    self.met.insert((nth, about.clone()));
                    explained = true;
                }
            }
        }
        if !explained {
            self.unexplained.push(format!("{only:?} {code} {text}"));
        }
    }

    /// Every difference is explained, and every explanation still explains one.
    fn check(self) {
        let (unexplained, count) = (&self.unexplained, self.unexplained.len());
        assert!(unexplained.is_empty(), "{count} differences:\n{}", unexplained.join("\n"));
        for (nth, exception) in self.exceptions.iter().enumerate() {
            assert!(exception.reason.len() > 20, "{exception:?} gives no reason");
            for about in &exception.about {
                assert!(
                    self.met.contains(&(nth, about.clone())),
                    "`{about}` explains nothing: {exception:?}"
                );
            }
        }
    }
}

/// What AWS and we write of a place.
fn plain(path: &[PathElement]) -> Json {
    path.iter()
        .map(|element| match element {
            PathElement::Index(index) => json!(index),
            PathElement::Key(name) | PathElement::Value(name) => json!(name),
            PathElement::Substring { start, length } => json!([start, length]),
        })
        .collect()
}

fn paths(finding: &Finding) -> BTreeSet<String> {
    finding.locations.iter().map(|location| plain(&location.path).to_string()).collect()
}

/// R-AA-5, R-AA-7, R-AA-8: code, finding type and places.
#[test]
fn access_analyzer_found_the_same() {
    let Ok(cases) = std::fs::read_to_string(corpus().join("lint/lint_access_analyzer.jsonl")) else {
        eprintln!("no corpus, nothing tested");
        return;
    };
    let catalog = Catalog::embedded();
    let validator = Validator::new(&catalog);
    let mut known = Known::read("lint_access_analyzer");
    let mut agreed = 0;
    for line in cases.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap();
        let mut ours: Vec<_> = validator
            .validate(&case["policy"].to_string(), &Options::new(PolicyType::Identity))
            .iter()
            .map(|found| {
                let found_type = found.finding_type.as_str().to_owned();
                ((found.code.to_owned(), found_type, paths(found)), found.message.clone())
            })
            .collect();
        for theirs in case["expect"]["findings"].as_array().unwrap() {
            let text = |key: &str| theirs[key].as_str().unwrap().to_owned();
            let places = theirs["paths"].as_array().unwrap().iter().map(Json::to_string).collect();
            let theirs = (text("code"), text("level"), places);
            match ours.iter().position(|(ours, _)| *ours == theirs) {
                Some(nth) => {
                    ours.remove(nth);
                    agreed += 1;
                }
                None => known.differs(name, &theirs.0, Side::Theirs, &format!("{:?}", theirs.2)),
            }
        }
        for ((code, _, places), message) in ours {
            known.differs(name, &code, Side::Ours, &format!("{message} {places:?}"));
        }
    }
    known.check();
    assert!(agreed > 80, "only {agreed} findings agree");
}

fn policy_type(name: &str) -> PolicyType {
    match name {
        "identity" => PolicyType::Identity,
        "boundary" => PolicyType::Boundary,
        "trust" => PolicyType::Trust,
        "resource" => PolicyType::Resource(ResourceService::Other),
        "scp" => PolicyType::Scp,
        "rcp" => PolicyType::Rcp,
        "vpc-endpoint" => PolicyType::VpcEndpoint,
        other => panic!("no type of policy: {other}"),
    }
}

/// The codes that another validator of CloudFormation templates got from Access Analyzer.
#[test]
fn templates_have_the_same_findings() {
    let Ok(cases) = std::fs::read_to_string(corpus().join("lint/lint_cfn_validator.jsonl")) else {
        eprintln!("no corpus, nothing tested");
        return;
    };
    let catalog = Catalog::embedded();
    let validator = Validator::new(&catalog);
    let mut known = Known::read("lint_cfn_validator");
    for line in cases.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap();
        let resource_type = case["options"]["resource_type"].as_str().and_then(ResourceType::parse);
        let named = policy_type(case["policy_type"].as_str().unwrap());
        let policy_type = resource_type.map_or(named, ResourceType::policy_type);
        let options = Options { resource_type, ..Options::new(policy_type) };
        let found = validator.validate(&case["policy"].to_string(), &options);
        let mut ours: BTreeMap<&str, &str> =
            found.iter().map(|found| (found.code, found.finding_type.as_str())).collect();
        for theirs in case["expect"]["findings"].as_array().unwrap() {
            // One case only says how bad what was found is.
            let Some(code) = theirs["code"].as_str() else { continue };
            match ours.remove(code) {
                Some(level) => assert_eq!(Some(level), theirs["level"].as_str(), "{name}: {code}"),
                None => known.differs(name, code, Side::Theirs, ""),
            }
        }
        let exact = case["expect"]["exact"].as_bool().unwrap();
        for (code, _) in ours.into_iter().filter(|_| exact) {
            known.differs(name, code, Side::Ours, "");
        }
    }
    known.check();
}

/// Another tool's codes, with those of ours that mean the same.
const ALIKE: [(&str, &[&str]); 14] = [
    ("MALFORMED", &["UNSUPPORTED_ELEMENT_COMBINATION", "MISSING_ACTION", "MISSING_STATEMENT"]),
    ("MALFORMED_JSON", &["JSON_SYNTAX_ERROR"]),
    ("INVALID_SID", &["UNSUPPORTED_SID"]),
    ("DUPLICATE_SID", &["UNIQUE_SIDS_REQUIRED"]),
    ("UNKNOWN_ACTION", &["INVALID_ACTION"]),
    ("UNKNOWN_OPERATOR", &["INVALID_CONDITION_OPERATOR"]),
    (
        "UNKNOWN_CONDITION_FOR_ACTION",
        &[
            "INVALID_CONDITION_KEY_FORMAT",
            "INVALID_SERVICE_CONDITION_KEY",
            "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        ],
    ),
    ("MISMATCHED_TYPE", &["TYPE_MISMATCH", "TYPE_MISMATCH_DATE", "TYPE_MISMATCH_NUMBER"]),
    ("NOTPRINCIPAL_WITH_ALLOW", &["ALLOW_WITH_NOT_PRINCIPAL"]),
    ("INVALID_ARN", &["DATA_TYPE_MISMATCH"]),
    ("RESOURCE_MISMATCH", &["RESOURCE_WITHOUT_ACTION"]),
    ("PRIVILEGE_ESCALATION", &["PRIVILEGE_ESCALATION"]),
    ("NOTRESOURCE_WITH_ALLOW", &["ALLOW_ALL_BY_NEGATION"]),
    ("MISMATCHED_TYPE_BUT_USABLE", &["TYPE_MISMATCH", "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"]),
];

/// Those that say what a policy is allowed to do and not what is wrong with it: which actions, or `*` as a resource. AWS
/// has no check of the like, and whoever wants a limit says so with `check access-not-granted`.
const OPINIONS: [&str; 8] = [
    "RESOURCE_STAR",
    "RESOURCE_EFFECTIVELY_STAR",
    "PERMISSIONS_MANAGEMENT_ACTIONS",
    "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
    "CREDENTIALS_EXPOSURE",
    "SENSITIVE_ACCESS",
    "SINGLE_VALUE_CONDITION_TOO_PERMISSIVE",
    "BAD_PATTERN_FOR_MFA",
];

/// Where the other tool finds something that AWS has a code for, so do we.
#[test]
fn another_tool_finds_nothing_that_we_miss() {
    let Ok(cases) = std::fs::read_to_string(corpus().join("lint/lint_parliament.jsonl")) else {
        eprintln!("no corpus, nothing tested");
        return;
    };
    let catalog = Catalog::embedded();
    let validator = Validator::new(&catalog);
    let mut known = Known::read("lint_parliament");
    let mut compared = 0;
    for case in cases.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()) {
        let text = case["policy_text"].as_str().map_or(case["policy"].to_string(), str::to_owned);
        let options = Options::new(policy_type(case["policy_type"].as_str().unwrap_or("identity")));
        let ours = codes(&validator, &text, &options);
        for theirs in case["expect"]["codes"].as_array().into_iter().flatten() {
            let theirs = theirs.as_str().unwrap();
            let Some((_, alike)) = ALIKE.iter().find(|(code, _)| *code == theirs) else {
                assert!(OPINIONS.contains(&theirs), "{theirs} is not compared");
                continue;
            };
            compared += 1;
            if !ours.iter().any(|found| alike.contains(found)) {
                known.differs(case["name"].as_str().unwrap(), theirs, Side::Theirs, "");
            }
        }
    }
    known.check();
    assert!(compared > 15, "only {compared} findings were compared");
}

/// AWS accepts the policies that it manages: no error that is not explained.
#[test]
fn managed_policies_have_no_errors() {
    let Ok(entries) = std::fs::read_dir(corpus().join("managed")) else {
        eprintln!("no corpus, nothing tested");
        return;
    };
    let catalog = Catalog::embedded();
    let validator = Validator::new(&catalog);
    let mut known = Known::read("managed");
    let mut policies = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        policies += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        for found in validator.validate(&text, &Options::new(PolicyType::Identity)) {
            if found.finding_type == FindingType::Error {
                known.differs(&name, found.code, Side::Ours, &found.message);
            }
        }
    }
    known.check();
    assert!(policies > 1_500, "only {policies} policies");
}

/// `cases.json`.
#[derive(Deserialize)]
struct Cases {
    statements: BTreeMap<String, Json>,
    cases: Vec<Case>,
}

/// A policy that a check finds something in, beside one nearly the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    code: String,
    #[serde(rename = "type")]
    policy_type: String,
    resource_type: Option<String>,
    #[serde(default)]
    legacy_scp: bool,
    has: Json,
    has_not: Json,
}

impl Cases {
    fn read() -> Cases {
        serde_json::from_str(&data("cases.json")).unwrap()
    }

    /// The document of what a case says.
    fn document(&self, policy_type: &str, said: &Json) -> String {
        if let Some(text) = said.as_str() {
            return text.to_owned();
        }
        let mut statement = self.statements[policy_type].clone();
        let mut document = json!({ "Version": "2012-10-17" });
        lay_over(&mut statement, said);
        if let Some(length) = said["$pad"].as_u64() {
            statement["Sid"] = json!("x".repeat(usize::try_from(length).unwrap()));
        }
        let mut statements = vec![statement.clone()];
        if !said["$twice"].is_null() {
            lay_over(&mut statement, &said["$twice"]);
            statements.push(statement);
        }
        document["Statement"] = json!(statements);
        for (name, element) in [("$version", "Version"), ("$statement", "Statement")] {
            match said.get(name) {
                Some(Json::Null) => drop(document.as_object_mut().unwrap().remove(element)),
                Some(value) => document[element] = value.clone(),
                None => {}
            }
        }
        document.to_string()
    }
}

fn lay_over(statement: &mut Json, said: &Json) {
    let elements = statement.as_object_mut().unwrap();
    for (name, value) in said.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with('$')) {
        match value {
            Json::Null => drop(elements.remove(name)),
            value => drop(elements.insert(name.clone(), value.clone())),
        }
    }
}

impl Case {
    fn options(&self) -> Options {
        let scp_grammar = if self.legacy_scp { ScpGrammar::BeforeSeptember2025 } else { ScpGrammar::Full };
        let resource_type = self.resource_type.as_deref().map(|name| ResourceType::parse(name).unwrap());
        let policy_type = resource_type.map_or(policy_type(&self.policy_type), ResourceType::policy_type);
        Options { policy_type, resource_type, scp_grammar }
    }
}

/// Of everything that is found, whatever finds it.
fn codes(validator: &Validator<'_>, text: &str, options: &Options) -> Vec<&'static str> {
    let proved = validator.prove(text, options).unwrap();
    for finding in &proved {
        let wants_example = finding.finding_type == FindingType::SecurityWarning;
        assert_eq!(finding.example.is_some(), wants_example, "{finding:?}");
    }
    let mut codes: Vec<_> =
        validator.validate(text, options).iter().chain(&proved).map(|found| found.code).collect();
    if options.policy_type == PolicyType::Identity {
        let policy = LayerPolicy::read("", "", text, options.policy_type);
        let catalog = Catalog::embedded();
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let ways = escalations(&mut analysis, &alone(vec![policy], options.policy_type), &[]).unwrap();
        codes.extend(ways.first().map(|_| "PRIVILEGE_ESCALATION"));
    }
    codes
}

/// R-AA-2 and the tables of semantics 6.
#[test]
fn each_check_finds_what_it_is_about_and_nothing_else() {
    let cases = Cases::read();
    let catalog = Catalog::embedded();
    let validator = Validator::new(&catalog);
    let mut wrong = Vec::new();
    for case in &cases.cases {
        for (said, expected) in [(&case.has, true), (&case.has_not, false)] {
            let text = cases.document(&case.policy_type, said);
            let codes = codes(&validator, &text, &case.options());
            if codes.contains(&case.code.as_str()) != expected {
                wrong.push(format!("{} expected {expected}, found {codes:?} in {text:.400}", case.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_check_that_is_decided_has_a_case() {
    let cases = Cases::read();
    let tested: BTreeSet<&str> = cases.cases.iter().map(|case| case.code.as_str()).collect();
    let decided = CHECKS.iter().filter(|check| !matches!(check.basis, Basis::Nothing(_)));
    let decided: BTreeSet<&str> = decided.map(|check| check.code).collect();
    assert_eq!(tested, decided);
    assert!(decided.len() > 140, "only {} checks are decided", decided.len());
    for case in &cases.cases {
        let types = check(&case.code).unwrap().types;
        assert!(types.contain(case.options().policy_type), "{} is not about {}", case.code, case.policy_type);
    }
}

#[test]
fn the_statements_that_cases_change_have_no_findings() {
    let cases = Cases::read();
    let catalog = Catalog::embedded();
    for name in cases.statements.keys() {
        let text = cases.document(name, &json!({}));
        let found = Validator::new(&catalog).validate(&text, &Options::new(policy_type(name)));
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

/// Who a caller is and what its own policy says, in the account of the resources.
fn holding(caller: &str, statements: &Json) -> Subject {
    let layer = |policy_type: PolicyType, statements: &Json| {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        LayerPolicy::read("", "", &text, policy_type)
    };
    let policy = layer(PolicyType::Identity, statements);
    // Every role leaves it to its account who assumes it.
    let trust = json!({ "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/*" });
    let caller = Caller::parse(caller).unwrap();
    let knowledge = Knowledge::of(&caller);
    let told = vec![Layer::Identity, Layer::Resource];
    let mut subject = alone(vec![policy], PolicyType::Identity);
    subject.situations[0].layers.resource = vec![layer(PolicyType::Resource(ResourceService::Other), &trust)];
    Subject { callers: Callers::One(caller), knowledge, told, ..subject }
}

/// The actions of each way to more permissions.
fn ways(subject: &Subject, groups: &[&str]) -> Vec<Vec<&'static str>> {
    let catalog = Catalog::embedded();
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    let found = escalations(&mut analysis, subject, &groups).unwrap();
    let steps = found.into_iter().map(|escalation| match escalation {
        Escalation::Administrator(_) => vec!["*"],
        Escalation::By { steps, .. } => {
            let on = |step: &Step| step.example.resource.to_string();
            let changing: BTreeSet<String> =
                steps.iter().filter(|step| step.action.contains("Role")).map(on).collect();
            assert!(
                changing.len() <= 1 || steps.iter().any(|step| step.action == "iam:PassRole"),
                "{steps:?}"
            );
            steps.iter().map(|step| step.action).collect()
        }
    });
    steps.collect()
}

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const DEPLOY: &str = "arn:aws:sts::111122223333:assumed-role/deploy/session";

fn iam(action: &str, on: &str) -> Json {
    let resource = format!("arn:aws:iam::111122223333:{on}");
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

/// Whoever changes somebody wins by it if that is itself, or it can act as that one.
#[test]
fn changing_somebody_is_a_way_to_more_only_for_who_can_act_as_that_one() {
    let found = |caller: &str, statements: &[Json]| {
        let groups: &[&str] = if caller == ALICE { &["group/dev"] } else { &[] };
        ways(&holding(caller, &json!(statements)), groups)
    };
    let none: Vec<Vec<&str>> = Vec::new();
    for change in ["iam:AttachUserPolicy", "iam:PutUserPolicy"] {
        for own in ["user/alice", "user/al*", "user/${aws:username}"] {
            assert_eq!(found(ALICE, &[iam(change, own)]), [[change]], "{change} on {own}");
        }
        assert_eq!(found(ALICE, &[iam(change, "user/bob")]), none, "{change}");
        assert_eq!(found(DEPLOY, &[iam(change, "user/*")]), none, "{change}");
        for act in ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"] {
            let same = found(ALICE, &[iam(change, "user/bob"), iam(act, "user/b*")]);
            assert_eq!(same, [vec![change, act], vec![act]], "{change}, {act}");
            let crossing = found(DEPLOY, &[iam(change, "user/*b"), iam(act, "user/b*")]);
            assert_eq!(crossing, [vec![change, act], vec![act]], "{change}, {act}");
            assert_eq!(found(ALICE, &[iam(change, "user/bob"), iam(act, "user/zoe")]), [[act]]);
            assert_eq!(found(ALICE, &[iam(change, "user/bob"), iam(act, "user/alice")]), none);
        }
    }
    for change in ["iam:AttachRolePolicy", "iam:PutRolePolicy"] {
        let (assume, trust) = ("sts:AssumeRole", "iam:UpdateAssumeRolePolicy");
        assert_eq!(found(DEPLOY, &[iam(change, "role/deploy")]), [[change]]);
        assert_eq!(found(DEPLOY, &[iam(change, "role/other")]), none);
        assert_eq!(found(ALICE, &[iam(change, "role/*")]), none);
        assert_eq!(found(ALICE, &[iam(change, "role/a*"), iam(assume, "role/*b")]), [[change, assume]]);
        assert_eq!(found(ALICE, &[iam(change, "role/a"), iam(assume, "role/b")]), none);
        let itself = found(ALICE, &[iam(change, "role/a"), iam(trust, "role/a")]);
        assert_eq!(itself, [vec![change, trust, assume], vec![trust, assume]]);
        let mut refused = iam("sts:*", "role/*");
        refused["Effect"] = json!("Deny");
        assert_eq!(found(ALICE, &[iam(trust, "role/a"), refused]), none);
    }
    for change in ["iam:AttachGroupPolicy", "iam:PutGroupPolicy"] {
        assert_eq!(found(ALICE, &[iam(change, "group/dev")]), [[change]]);
        assert_eq!(found(ALICE, &[iam(change, "group/ops")]), none);
        assert_eq!(found(DEPLOY, &[iam(change, "group/*")]), none);
        let joined = found(ALICE, &[iam(change, "group/ops"), iam("iam:AddUserToGroup", "group/ops")]);
        assert_eq!(joined, [vec![change, "iam:AddUserToGroup"], vec!["iam:AddUserToGroup"]]);
    }
    assert_eq!(found(DEPLOY, &[iam("iam:AddUserToGroup", "group/*")]), none);
    assert_eq!(found(ALICE, &[iam("iam:AddUserToGroup", "group/dev")]), none);
}

/// Each request of a way may be made under conditions of its own.
#[test]
fn the_steps_of_a_way_need_no_common_context() {
    let with = |mut statement: Json, mfa: &str| {
        statement["Condition"] = json!({ "Bool": { "aws:MultiFactorAuthPresent": mfa } });
        statement
    };
    let statements = [
        with(iam("iam:PutUserPolicy", "user/bob"), "true"),
        with(iam("iam:CreateAccessKey", "user/bob"), "false"),
    ];
    let found = ways(&holding(ALICE, &json!(statements)), &[]);
    assert_eq!(found, [vec!["iam:PutUserPolicy", "iam:CreateAccessKey"], vec!["iam:CreateAccessKey"]]);
}

/// A boundary that is not there cannot be taken away.
#[test]
fn taking_a_boundary_wins_something_only_where_there_is_one() {
    let statement = json!(iam("iam:DeleteUserPermissionsBoundary", "user/alice"));
    let mut subject = holding(ALICE, &statement);
    assert_eq!(ways(&subject, &[]), Vec::<Vec<&str>>::new());
    subject.situations[0].layers.boundary.push(unlimited(PolicyType::Boundary));
    assert_eq!(ways(&subject, &[]), [["iam:DeleteUserPermissionsBoundary"]]);
}

/// From now on: what is past allows and denies nothing.
#[test]
fn what_is_proved_does_not_rest_on_the_past() {
    let catalog = Catalog::embedded();
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let found = |validator: &Validator<'_>, statements: Json| -> Vec<(&str, Option<String>)> {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let options = Options::new(PolicyType::Resource(ResourceService::Other));
        let time =
            |finding: &Finding| Some(finding.example.as_ref()?.context.get("aws:CurrentTime")?.to_string());
        let found = validator.prove(&text, &options).unwrap();
        found.iter().map(|finding| (finding.code, time(finding))).collect()
    };
    let statement = |effect: &str, operator: &str, key: &str, time: &str| {
        let mut statement =
            json!({ "Effect": effect, "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
        statement["Condition"] = json!({ operator: { key: time } });
        statement
    };
    let (past, future) = ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
    let (timeless, current) = (Validator::new(&catalog), Validator::new(&catalog).since(now));
    let until = |time: &str| statement("Allow", "DateLessThan", "aws:CurrentTime", time);
    assert_eq!(found(&timeless, json!(until(past)))[0].0, "PUBLIC_ACCESS");
    assert_eq!(found(&current, json!(until(past))), [("CONDITION_NEVER_HOLDS", None)]);
    let seconds = statement("Allow", "NumericLessThan", "aws:EpochTime", "1577836800");
    assert_eq!(found(&current, json!(seconds)), [("CONDITION_NEVER_HOLDS", None)]);
    let shown = found(&current, json!(until(future)));
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].0, "PUBLIC_ACCESS");
    let time = shown[0].1.as_deref().unwrap();
    assert!(("2026-01-01T00:00:00Z".."2030-01-01T00:00:00Z").contains(&time), "{time}");
    // Since 2020 everything is denied.
    let denied = statement("Deny", "DateGreaterThan", "aws:CurrentTime", past);
    let codes: Vec<&str> =
        found(&current, json!([until(future), denied])).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["ALLOW_WITHOUT_EFFECT", "CONDITION_ALWAYS_HOLDS"]);
}

/// R-FMT-45: every place is in the text, every path leads to what the span shows, and nothing panics, whatever the
/// type that a policy is checked as.
#[test]
fn places_are_in_the_text() {
    let cases = Cases::read();
    let catalog = Catalog::embedded();
    let validator = Validator::new(&catalog);
    for case in &cases.cases {
        let text = cases.document(&case.policy_type, &case.has);
        let types = cases.statements.keys().map(|name| Options::new(policy_type(name)));
        for options in types.chain([case.options()]) {
            let all = validator.validate(&text, &options);
            // What IAM does not store is told, but for the version that AWS's checks let pass (R-GRM-10).
            let refused =
                parse(&text, options.policy_type).errors().any(|error| error.code != "INVALID_VERSION");
            assert!(!refused || !all.is_empty(), "{text:.400} as {:?}", options.policy_type);
            for found in all {
                assert!(!found.locations.is_empty(), "{found:?}");
                assert!(!found.message.ends_with('.'), "{found:?}");
                for location in &found.locations {
                    let shown = text.get(location.span.start..location.span.end).unwrap();
                    let Some(value) = follow(&text, &location.path) else { continue };
                    assert_eq!(serde_json::from_str::<Json>(shown).unwrap(), value, "{found:?}");
                }
            }
        }
    }
}

/// The value or name at the end of a path; `None` for a part of a text, and for the whole document.
fn follow(text: &str, path: &[PathElement]) -> Option<Json> {
    let mut node: Json = serde_json::from_str(text).ok()?;
    if path.is_empty() {
        return None;
    }
    for element in path {
        node = match element {
            PathElement::Index(index) => node[index].clone(),
            PathElement::Value(name) => node[name].clone(),
            PathElement::Key(name) => json!(name),
            PathElement::Substring { .. } => return None,
        };
    }
    Some(node)
}
