//! The grammar of semantics 1 as tables: a document and a policy type, and every finding of the parser with
//! its code, its place and what becomes of the document.

use iamdb::eval::Decision;
use iamdb::policy::{
    Consequence, PolicyType, Quota, ResourceService, Severity, Version, parse, position, size,
};
use iamdb::request::Context;
use serde_json::{Value as Json, json};

use crate::asking::TYPES;
use crate::asking::{decide, layer_policy, layers, request};

const IDENTITY: PolicyType = PolicyType::Identity;
const S3: PolicyType = PolicyType::Resource(ResourceService::ResourceRequired);
const KMS: PolicyType = PolicyType::Resource(ResourceService::Kms);
const ECR: PolicyType = PolicyType::Resource(ResourceService::Other);

/// The findings of a document, one a line: `CODE severity line:column path consequence`.
fn findings(text: &str, policy_type: PolicyType) -> Vec<String> {
    let parsed = parse(text, policy_type);
    let line = |found: &iamdb::policy::Diagnostic| {
        let (line, column) = position(text, found.span.start);
        let severity = if found.severity == Severity::Error { "" } else { "warning " };
        let consequence = match found.consequence {
            Consequence::None => "stays",
            Consequence::ElementIgnored => "ignored",
            Consequence::VariableIsText => "text",
            Consequence::EntryIgnored => "entry",
            Consequence::StatementInert => "inert",
            Consequence::DocumentRejected => "rejected",
        };
        format!("{} {severity}{line}:{column} {} {consequence}", found.code, found.path)
    };
    parsed.diagnostics.iter().map(line).collect()
}

#[track_caller]
fn check(rule: &str, policy_type: PolicyType, text: &str, expected: &[&str]) {
    assert_eq!(findings(text, policy_type), expected, "{rule}: {policy_type:?} of {text}");
}

/// A document with the current version around the text of a statement, which starts at 2:1.
fn around(statement: &str) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":\n{statement}}}")
}

/// Checks the findings of one statement; it starts at line 2, column 1.
#[track_caller]
fn check_statement(rule: &str, policy_type: PolicyType, statement: &str, expected: &[&str]) {
    check(rule, policy_type, &around(statement), expected);
}

/// R-GRM-1 to 3: what is no JSON, and keys that stand twice.
#[test]
fn json_layer() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("R-GRM-1 empty", "", &["JSON_SYNTAX_ERROR 1:1 $ rejected"]),
        ("R-GRM-1 array", "[]", &["DATA_TYPE_MISMATCH 1:1 $ rejected"]),
        ("R-GRM-1 string", " \"x\"", &["DATA_TYPE_MISMATCH 1:2 $ rejected"]),
        ("R-GRM-1 null", "null", &["DATA_TYPE_MISMATCH 1:1 $ rejected"]),
        ("R-GRM-1 not ASCII", "¡", &["JSON_SYNTAX_ERROR 1:1 $ rejected"]),
        ("R-GRM-1 comment", "{}\n// x", &["JSON_SYNTAX_ERROR 2:1 $ rejected"]),
        ("R-GRM-1 rest", "{} {}", &["JSON_SYNTAX_ERROR 1:4 $ rejected"]),
        ("R-GRM-1 comma", "{\n\"a\":1,\n}", &["JSON_SYNTAX_ERROR 3:1 $ rejected"]),
        ("R-GRM-1 comma in list", "{\"a\":[1,]}", &["JSON_SYNTAX_ERROR 1:9 $ rejected"]),
        ("R-GRM-1 single quotes", "{'a':1}", &["JSON_SYNTAX_ERROR 1:2 $ rejected"]),
        ("R-GRM-1 bare key", "{a:1}", &["JSON_SYNTAX_ERROR 1:2 $ rejected"]),
        ("R-GRM-1 leading zero", "{\"a\":01}", &["JSON_SYNTAX_ERROR 1:7 $ rejected"]),
        ("R-GRM-1 plus", "{\"a\":+1}", &["JSON_SYNTAX_ERROR 1:6 $ rejected"]),
        ("R-GRM-1 bare point", "{\"a\":.5}", &["JSON_SYNTAX_ERROR 1:6 $ rejected"]),
        ("R-GRM-1 hexadecimal", "{\"a\":0x1}", &["JSON_SYNTAX_ERROR 1:7 $ rejected"]),
        ("R-GRM-1 not a number", "{\"a\":NaN}", &["JSON_SYNTAX_ERROR 1:6 $ rejected"]),
        ("R-GRM-1 escape", "{\"a\":\"\\x\"}", &["JSON_SYNTAX_ERROR 1:8 $ rejected"]),
        ("R-GRM-1 truncated escape", "{\"a\":\"\\u12zz\"}", &["JSON_SYNTAX_ERROR 1:12 $ rejected"]),
        ("R-GRM-1 line break in a string", "{\"a\":\"\n\"}", &["JSON_SYNTAX_ERROR 1:6 $ rejected"]),
        ("R-GRM-1 unclosed", "{\"a\":[", &["JSON_SYNTAX_ERROR 1:6 $ rejected"]),
    ];
    for (rule, text, expected) in cases {
        check(rule, ECR, text, expected);
    }
}

/// A lone surrogate is no character: the document is refused, not read with something in its place.
#[test]
fn lone_surrogates() {
    for escape in ["\\ud800", "\\udc00", "\\ud800\\u0041", "\\ud800x"] {
        let text =
            around(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::{escape}"}}"#));
        for policy_type in TYPES {
            let parsed = parse(&text, policy_type);
            assert!(parsed.errors().any(|found| found.code == "JSON_SYNTAX_ERROR"), "{escape}");
            assert!(parsed.policy.statements.is_empty(), "{escape}");
        }
    }
    // A pair is one character: outside of IAM's repertoire, but only as an escape (R-GRM-2).
    let text = around(r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::\ud83d\ude00"}"#);
    assert_eq!(parse(&text, IDENTITY).errors().count(), 0);
    assert_eq!(parse(&text, IDENTITY).policy.statements.len(), 1);
}

/// R-GRM-1, R-GRM-2: a byte order mark, and characters outside of the repertoire, refuse and change nothing.
#[test]
fn characters() {
    let good = around(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    let bom = format!("\u{feff}{good}");
    check("R-GRM-1", IDENTITY, &bom, &["JSON_SYNTAX_ERROR 1:1 $ stays"]);
    check(
        "R-GRM-1",
        S3,
        "\u{feff}[]",
        &["JSON_SYNTAX_ERROR 1:1 $ stays", "DATA_TYPE_MISMATCH 1:2 $ rejected"],
    );
    assert_eq!(parse(&bom, IDENTITY).policy, parse(&good, IDENTITY).policy);
    let statement = |sid: &str| {
        format!(r#"{{"Sid":"{sid}","Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}}"#)
    };
    check_statement(
        "R-GRM-2",
        IDENTITY,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::ÿ"}"#,
        &[],
    );
    check_statement(
        "R-GRM-2",
        IDENTITY,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::Ā"}"#,
        &["JSON_SYNTAX_ERROR 2:60 $ stays"],
    );
    check(
        "R-GRM-2 behind a byte order mark",
        IDENTITY,
        "\u{feff}中",
        &[
            "JSON_SYNTAX_ERROR 1:1 $ stays",
            "JSON_SYNTAX_ERROR 1:2 $ stays",
            "JSON_SYNTAX_ERROR 1:2 $ rejected",
        ],
    );
    check_statement("R-GRM-2 elsewhere any character", S3, &statement("中"), &[]);
    check_statement("R-GRM-19", S3, &statement("a\\u0007"), &["UNSUPPORTED_SID 2:8 $.Statement.Sid stays"]);
}

/// R-GRM-3, R-GRM-4: keys that stand twice, exactly or but for their case.
#[test]
fn duplicate_keys() {
    let allow = r#""Effect":"Allow","Action":"*","Resource":"*""#;
    check(
        "R-GRM-3",
        IDENTITY,
        &format!(
            "{{\"Version\":\"2008-10-17\",\n\"Version\":\"2012-10-17\",\"Id\":\"a\",\"Id\":\"b\",\"Statement\":{{{allow},\"Sid\":\"a\",\n\"Sid\":\"b\"}}}}"
        ),
        &[
            "JSON_SYNTAX_ERROR 2:1 $.Version ignored",
            "JSON_SYNTAX_ERROR 2:33 $.Id ignored",
            "JSON_SYNTAX_ERROR 3:1 $.Statement.Sid ignored",
        ],
    );
    let rejecting = [
        (
            format!("{{\"Version\":\"2012-10-17\",\"Statement\":{{{allow}}},\n\"Statement\":{{{allow}}}}}"),
            "$.Statement",
        ),
        (around(&format!("{{{allow},\n\"Effect\":\"Deny\"}}")), "$.Statement.Effect"),
        (around(&format!("{{{allow},\n\"Action\":\"*\"}}")), "$.Statement.Action"),
        (around(&format!("{{{allow},\"Extra\":1,\n\"Extra\":1}}")), "$.Statement.Extra"),
        (
            around(&format!("{{{allow},\"Condition\":{{\"Null\":{{\"a:b\":\"true\"}},\n\"Null\":{{}}}}}}")),
            "$.Statement.Condition.Null",
        ),
        (
            around(&format!(
                "{{{allow},\"Condition\":{{\"Null\":{{\"a:b\":\"true\",\n\"a:b\":\"true\"}}}}}}"
            )),
            "$.Statement.Condition.Null[\"a:b\"]",
        ),
        (
            around(&format!("{{{allow},\"Principal\":{{\"AWS\":\"*\",\n\"AWS\":\"*\"}}}}")),
            "$.Statement.Principal.AWS",
        ),
    ];
    for (text, path) in rejecting {
        for policy_type in [IDENTITY, S3] {
            let found = findings(&text, policy_type);
            let line = 2 + usize::from(text.contains("\n{"));
            assert!(
                found.contains(&format!("JSON_SYNTAX_ERROR {line}:1 {path} rejected")),
                "{found:?} of {text}"
            );
            assert!(parse(&text, policy_type).policy.statements.is_empty(), "R-GRM-3: {text}");
        }
    }
    let text = around(&format!(
        "{{{allow},\"Condition\":{{\"StringEquals\":{{\"a:b\":\"1\",\n\"A:B\":\"2\"}},\n\"stringequals\":{{\"a:c\":\"3\"}}}}}}"
    ));
    check(
        "R-GRM-4",
        IDENTITY,
        &text,
        &[
            "DUPLICATE_KEYS_WITH_DIFFERENT_CASE 3:1 $.Statement.Condition.StringEquals[\"A:B\"] stays",
            "DUPLICATE_KEYS_WITH_DIFFERENT_CASE 4:1 $.Statement.Condition.stringequals stays",
            "INVALID_CONDITION_OPERATOR 4:1 $.Statement.Condition.stringequals stays",
        ],
    );
    assert_eq!(parse(&text, IDENTITY).policy.statements[0].conditions.len(), 3);
}

/// R-GRM-5 to 11: the top level.
#[test]
fn top_level() {
    let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let cases: &[(&str, PolicyType, String, &[&str])] = &[
        ("R-GRM-7", IDENTITY, "{\"Version\":\"2012-10-17\"}".into(), &["MISSING_STATEMENT 1:1 $ stays"]),
        ("R-GRM-7", IDENTITY, around("[]"), &["MISSING_STATEMENT 2:1 $.Statement stays"]),
        ("R-GRM-7", IDENTITY, around("\"x\""), &["DATA_TYPE_MISMATCH 2:1 $.Statement inert"]),
        (
            "R-GRM-7",
            IDENTITY,
            around("[1,[]]"),
            &["DATA_TYPE_MISMATCH 2:2 $.Statement[0] inert", "DATA_TYPE_MISMATCH 2:4 $.Statement[1] inert"],
        ),
        (
            "R-GRM-8",
            IDENTITY,
            format!("{{\"Version\":\"2012-10-18\",\"Statement\":{allow}}}"),
            &["INVALID_VERSION 1:12 $.Version ignored"],
        ),
        (
            "R-GRM-8",
            IDENTITY,
            format!("{{\"Version\":20121017,\"Statement\":{allow}}}"),
            &["DATA_TYPE_MISMATCH 1:12 $.Version ignored"],
        ),
        (
            "R-GRM-10",
            IDENTITY,
            format!("{{\"Version\":\"2008-10-17\",\"Statement\":{allow}}}"),
            &["INVALID_VERSION 1:12 $.Version stays"],
        ),
        ("R-GRM-10", IDENTITY, format!("{{\"Statement\":{allow}}}"), &["MISSING_VERSION 1:1 $ stays"]),
        (
            "R-GRM-10",
            PolicyType::Scp,
            format!("{{\"Statement\":{allow}}}"),
            &["MISSING_VERSION warning 1:1 $ stays"],
        ),
        ("R-GRM-10", PolicyType::Scp, format!("{{\"Version\":\"2008-10-17\",\"Statement\":{allow}}}"), &[]),
        (
            "R-GRM-11",
            IDENTITY,
            format!("{{\"Version\":\"2012-10-17\",\"Id\":\"x\",\"Statement\":{allow}}}"),
            &[],
        ),
        (
            "R-GRM-11",
            IDENTITY,
            format!("{{\"Version\":\"2012-10-17\",\"Id\":1,\"Statement\":{allow}}}"),
            &["DATA_TYPE_MISMATCH 1:30 $.Id ignored"],
        ),
        (
            "R-GRM-30",
            PolicyType::Scp,
            format!("{{\"Version\":\"2012-10-17\",\"Id\":\"x\",\"Statement\":{allow}}}"),
            &["INVALID_POLICY_ELEMENT 1:25 $.Id ignored"],
        ),
        (
            "R-GRM-5",
            IDENTITY,
            format!("{{\"Version\":\"2012-10-17\",\"Note\":1,\"Statement\":{allow}}}"),
            &["INVALID_POLICY_ELEMENT 1:25 $.Note ignored"],
        ),
        (
            "R-GRM-5",
            IDENTITY,
            format!("{{\"Version\":\"2012-10-17\",\"version\":1,\"Statement\":{allow}}}"),
            &["INVALID_POLICY_ELEMENT 1:25 $.version inert"],
        ),
    ];
    for (rule, policy_type, text, expected) in cases {
        check(rule, *policy_type, text, expected);
    }
    let versions = [("2012-10-17", Version::V2012), ("2008-10-17", Version::V2008), ("2013", Version::V2008)];
    for (text, version) in versions {
        let policy = json!({"Version": text, "Statement": serde_json::from_str::<Json>(allow).unwrap()});
        let parsed = parse(&policy.to_string(), IDENTITY);
        assert_eq!((parsed.policy.version, parsed.policy.statements.len()), (version, 1), "R-GRM-8, R-GRM-9");
    }
    let statements = |key: &str| {
        let text = format!("{{\"Version\":\"2012-10-17\",\"{key}\":1,\"Statement\":{allow}}}");
        parse(&text, IDENTITY).policy.statements.len()
    };
    assert_eq!((statements("Note"), statements("version")), (1, 0), "R-GRM-5");
}

/// R-GRM-12 to 21: the elements of a statement.
#[test]
fn statements() {
    let cases: &[(&str, PolicyType, &str, &[&str])] = &[
        (
            "R-GRM-5",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Resorce":1}"#,
            &["INVALID_POLICY_ELEMENT 2:47 $.Statement.Resorce ignored"],
        ),
        (
            "R-GRM-5",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","condition":{}}"#,
            &["INVALID_POLICY_ELEMENT 2:47 $.Statement.condition inert"],
        ),
        (
            "R-GRM-12",
            IDENTITY,
            r#"{"Effect":"Allow","NotAction":"a:b","Action":"*","Resource":"*"}"#,
            &["UNSUPPORTED_ELEMENT_COMBINATION 2:37 $.Statement.Action inert"],
        ),
        (
            "R-GRM-12",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}"#,
            &["UNSUPPORTED_ELEMENT_COMBINATION 2:47 $.Statement.NotResource inert"],
        ),
        (
            "R-GRM-12",
            S3,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*","NotPrincipal":"*"}"#,
            &["UNSUPPORTED_ELEMENT_COMBINATION 2:63 $.Statement.NotPrincipal inert"],
        ),
        ("R-GRM-13", IDENTITY, r#"{"Action":"*","Resource":"*"}"#, &["MISSING_EFFECT 2:1 $.Statement inert"]),
        (
            "R-GRM-13",
            IDENTITY,
            r#"{"Effect":"allow","Action":"*","Resource":"*"}"#,
            &["INVALID_EFFECT 2:11 $.Statement.Effect inert"],
        ),
        (
            "R-GRM-13",
            IDENTITY,
            r#"{"Effect":["Allow"],"Action":"*","Resource":"*"}"#,
            &["DATA_TYPE_MISMATCH 2:11 $.Statement.Effect inert"],
        ),
        (
            "R-GRM-14",
            IDENTITY,
            r#"{"Effect":"Allow","Action":["s3:Get*",["s3:*"]],"Resource":"*"}"#,
            &["DATA_TYPE_MISMATCH 2:39 $.Statement.Action[1] inert"],
        ),
        (
            "R-GRM-15",
            IDENTITY,
            r#"{"Effect":"Allow","Action":1,"Resource":true}"#,
            &[
                "DATA_TYPE_MISMATCH 2:28 $.Statement.Action inert",
                "DATA_TYPE_MISMATCH 2:41 $.Statement.Resource inert",
            ],
        ),
        (
            "R-GRM-15",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":["*",null]}"#,
            &["DATA_TYPE_MISMATCH 2:48 $.Statement.Resource[1] entry"],
        ),
        (
            "R-GRM-15",
            IDENTITY,
            r#"{"Effect":"Allow","Action":[null],"Resource":"*"}"#,
            &["DATA_TYPE_MISMATCH 2:29 $.Statement.Action[0] inert"],
        ),
        (
            "R-GRM-15",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":null}"#,
            &["DATA_TYPE_MISMATCH 2:43 $.Statement.Resource inert"],
        ),
        (
            "R-GRM-15",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":null}}}"#,
            &["DATA_TYPE_MISMATCH 2:82 $.Statement.Condition.StringEquals[\"a:b\"] inert"],
        ),
        (
            "R-GRM-15",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":["x",["y"]]}}}"#,
            &["DATA_TYPE_MISMATCH 2:87 $.Statement.Condition.StringEquals[\"a:b\"][1] inert"],
        ),
        (
            "R-GRM-15",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":["x",1,1.50,true]}}}"#,
            &[],
        ),
        (
            "R-CND-1",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":"x"}"#,
            &["DATA_TYPE_MISMATCH 2:59 $.Statement.Condition inert"],
        ),
        (
            "R-CND-1",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":"x"}}"#,
            &["DATA_TYPE_MISMATCH 2:75 $.Statement.Condition.StringEquals inert"],
        ),
        (
            "R-GRM-17",
            IDENTITY,
            r#"{"Effect":"Allow","Resource":"*"}"#,
            &["MISSING_ACTION 2:1 $.Statement inert"],
        ),
        (
            "R-GRM-17",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*"}"#,
            &["MISSING_RESOURCE 2:1 $.Statement inert"],
        ),
        (
            "R-GRM-18",
            IDENTITY,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}"#,
            &["UNSUPPORTED_PRINCIPAL 2:47 $.Statement.Principal inert"],
        ),
        (
            "R-GRM-18",
            PolicyType::Scp,
            r#"{"Effect":"Deny","Action":"*","Resource":"*","NotPrincipal":"*"}"#,
            &["SCP_SYNTAX_ERROR_PRINCIPAL 2:46 $.Statement.NotPrincipal inert"],
        ),
        (
            "R-GRM-18",
            S3,
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
            &["MISSING_PRINCIPAL 2:1 $.Statement inert"],
        ),
        (
            "R-GRM-19",
            IDENTITY,
            r#"{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}"#,
            &["UNSUPPORTED_SID 2:8 $.Statement.Sid stays"],
        ),
        (
            "R-GRM-19",
            IDENTITY,
            r#"{"Sid":1,"Effect":"Allow","Action":"*","Resource":"*"}"#,
            &["DATA_TYPE_MISMATCH 2:8 $.Statement.Sid inert"],
        ),
        (
            "R-GRM-19",
            KMS,
            r#"{"Sid":"a b","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            &[],
        ),
        (
            "R-GRM-19",
            KMS,
            r#"{"Sid":"a-b","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            &["UNSUPPORTED_SID 2:8 $.Statement.Sid stays"],
        ),
        (
            "R-GRM-19",
            S3,
            r#"{"Sid":"a-b, c","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            &[],
        ),
        (
            "R-GRM-20",
            IDENTITY,
            r#"[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]"#,
            &["UNIQUE_SIDS_REQUIRED 2:66 $.Statement[1].Sid stays"],
        ),
        (
            "R-GRM-20",
            S3,
            r#"[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]"#,
            &["UNIQUE_SIDS_RECOMMENDED warning 2:82 $.Statement[1].Sid stays"],
        ),
        (
            "R-GRM-20",
            IDENTITY,
            r#"[{"Sid":"","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"","Effect":"Deny","Action":"*","Resource":"*"}]"#,
            &[],
        ),
        (
            "R-GRM-20 also of a statement that never applies",
            IDENTITY,
            r#"[{"Sid":"a","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]"#,
            &[
                "MISSING_EFFECT 2:2 $.Statement[0] inert",
                "UNIQUE_SIDS_REQUIRED 2:49 $.Statement[1].Sid stays",
            ],
        ),
    ];
    for (rule, policy_type, statement, expected) in cases {
        check_statement(rule, *policy_type, statement, expected);
        let inert = expected.iter().filter(|line| line.ends_with("inert")).count() > 0;
        let listed = statement.starts_with('[');
        if !listed {
            let kept = parse(&around(statement), *policy_type).policy.statements.len();
            assert_eq!(kept, usize::from(!inert), "{rule}: {statement}");
        }
    }
}

/// R-ACT-1 to 7, R-RES-16, R-VAR-10 and what IAM checks of an ARN (R-GRM-70 to 72): the entries.
#[test]
fn entries() {
    let action = |entry: &str| format!(r#"{{"Effect":"Deny","Action":{entry:?},"Resource":"*"}}"#);
    for entry in [
        "s3",
        "s3:",
        ":Get",
        "s3:a:b",
        "s3:Get,Put",
        "s?:Get",
        "s*:Get",
        "**:Get",
        "?:Get",
        "",
        "s3:${aws:username}",
        "s 3:Get",
    ] {
        check_statement(
            "R-ACT-1, 4, 5, 7",
            IDENTITY,
            &action(entry),
            &["INVALID_ACTION 2:27 $.Statement.Action entry"],
        );
    }
    check_statement(
        "R-GRM-71",
        IDENTITY,
        &action("iam: asdf x"),
        &["INVALID_ACTION warning 2:27 $.Statement.Action stays"],
    );
    for entry in ["*", "**", "*:*", "*:Get*", "nosuch:Action", "S3:getOBJECT", "a4b-c:?"] {
        check_statement("R-GRM-71", IDENTITY, &action(entry), &[]);
    }
    let resource = |entry: &str| format!(r#"{{"Effect":"Deny","Action":"*","Resource":{entry:?}}}"#);
    let cases: &[(&str, &[&str])] = &[
        ("my-bucket", &["INVALID_ARN_PREFIX 2:42 $.Statement.Resource entry"]),
        ("", &["INVALID_ARN_PREFIX 2:42 $.Statement.Resource entry"]),
        ("arn", &["INVALID_ARN_PREFIX 2:42 $.Statement.Resource entry"]),
        ("ARN:aws:s3:::b", &["INVALID_ARN_PREFIX 2:42 $.Statement.Resource entry"]),
        ("arn*:aws:s3:::b", &["INVALID_ARN_PREFIX 2:42 $.Statement.Resource entry"]),
        ("*:aws:s3:::b", &["INVALID_ARN_PREFIX 2:42 $.Statement.Resource entry"]),
        ("arn:aws:fdsasf", &["MISSING_ARN_FIELD warning 2:42 $.Statement.Resource stays"]),
        ("arn:AWS:s3:::b", &["INVALID_PARTITION 2:42 $.Statement.Resource stays"]),
        ("arn:aws::::b", &["INVALID_SERVICE 2:42 $.Statement.Resource stays"]),
        ("arn:aws:s3*:::b", &["WILDCARD_IN_SERVICE_NAME warning 2:42 $.Statement.Resource stays"]),
        ("arn:aws:iam:us-east-1:1:user/x", &["ARN_REGION_NOT_ALLOWED 2:42 $.Statement.Resource stays"]),
        ("arn:aws:s3:::${aws:username", &["MISSING_BRACE_IN_VARIABLE 2:42 $.Statement.Resource text"]),
        ("arn:aws:s3:::${}", &["EMPTY_VARIABLE 2:42 $.Statement.Resource text"]),
        ("arn:aws:s3:::${aws:username, bob}", &["MISSING_QUOTE_IN_VARIABLE 2:42 $.Statement.Resource text"]),
        ("arn:aws:s3:::${aws:username, 'bob}", &["MISSING_QUOTE_IN_VARIABLE 2:42 $.Statement.Resource text"]),
        ("arn:aws:s3:::${aws: username}", &["UNSUPPORTED_SPACE_IN_VARIABLE 2:42 $.Statement.Resource text"]),
    ];
    for (entry, expected) in cases {
        check_statement("R-RES-16, R-VAR-10, R-GRM-70", IDENTITY, &resource(entry), expected);
    }
    for partition in
        ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*"]
    {
        check_statement("R-GRM-72", IDENTITY, &resource(&format!("arn:{partition}:s3:::b")), &[]);
    }
    for entry in [
        "*",
        "**",
        "arn:aws:s3:::${aws:PrincipalTag/a b , '}:*'}/x",
        "arn:aws:s3:::${no:such}",
        "arn:aws:iam:*:1:x",
    ] {
        check_statement("R-VAR-2, R-VAR-11", IDENTITY, &resource(entry), &[]);
    }
    // R-VAR-10 under the older version: `${` is ordinary text.
    check(
        "R-GRM-9",
        S3,
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::${"}}"#,
        &[],
    );
    // Complements (semantics 0.3): nothing is excluded by a Deny, and an Allow never applies.
    let complement = |effect: &str, element: &str| {
        let other = if element.contains("Action") { r#""Resource":"*""# } else { r#""Action":"*""# };
        format!(r#"{{"Effect":"{effect}",{other},{element}}}"#)
    };
    for (element, code) in [
        (r#""NotAction":["s3"]"#, "INVALID_ACTION"),
        (r#""NotAction":[]"#, "EMPTY_ARRAY_ACTION"),
        (r#""NotResource":["x"]"#, "INVALID_ARN_PREFIX"),
        (r#""NotResource":["arn:aws:s3:::${"]"#, "MISSING_BRACE_IN_VARIABLE"),
        (r#""NotResource":[]"#, "EMPTY_ARRAY_RESOURCE"),
    ] {
        for (effect, consequence, kept) in [("Deny", "entry", 1), ("Allow", "inert", 0)] {
            let text = around(&complement(effect, element));
            let found = findings(&text, IDENTITY);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(code) && found[0].ends_with(consequence), "{found:?} of {text}");
            assert_eq!(parse(&text, IDENTITY).policy.statements.len(), kept, "{text}");
        }
    }
}

/// R-CND-4 to 6, R-VAR-10: operators, keys and values.
#[test]
fn conditions() {
    let of = |block: &str| {
        format!("{{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":\n{block}}}")
    };
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "R-CND-4",
            r#"{"stringequals":{"a:b":"x"}}"#,
            &["INVALID_CONDITION_OPERATOR 3:2 $.Statement.Condition.stringequals stays"],
        ),
        (
            "R-CND-4",
            r#"{"forallvalues:StringLike":{"a:b":"x"}}"#,
            &["INVALID_CONDITION_OPERATOR 3:2 $.Statement.Condition[\"forallvalues:StringLike\"] stays"],
        ),
        (
            "R-CND-5",
            r#"{"StringEqual":{"a:b":"x"}}"#,
            &["INVALID_CONDITION_OPERATOR 3:2 $.Statement.Condition.StringEqual inert"],
        ),
        ("R-CND-5", r#"{"StringEqual":{}}"#, &[]),
        (
            "R-CND-6",
            r#"{"NullIfExists":{"a:b":"true"}}"#,
            &["NULL_WITH_IF_EXISTS 3:2 $.Statement.Condition.NullIfExists ignored"],
        ),
        (
            "R-CND-6",
            r#"{"ForAnyValue::StringLike":{"a:b":"x"}}"#,
            &["INVALID_CONDITION_OPERATOR 3:2 $.Statement.Condition[\"ForAnyValue::StringLike\"] inert"],
        ),
        (
            "R-CND-6",
            r#"{"ForAnyValue:ForAllValues:StringLike":{"a:b":"x"}}"#,
            &[
                "INVALID_CONDITION_OPERATOR 3:2 $.Statement.Condition[\"ForAnyValue:ForAllValues:StringLike\"] inert",
            ],
        ),
        (
            "R-CND-4",
            r#"{"StringLikeIfExistsIfExists":{"a:b":"x"}}"#,
            &["INVALID_CONDITION_OPERATOR 3:2 $.Statement.Condition.StringLikeIfExistsIfExists inert"],
        ),
        (
            "R-GRM-70",
            r#"{"StringLike":{"username":"x"}}"#,
            &["INVALID_CONDITION_KEY_FORMAT 3:16 $.Statement.Condition.StringLike.username stays"],
        ),
        (
            "R-VAR-10",
            r#"{"StringLike":{"a:b":["x","${"]}}"#,
            &["MISSING_BRACE_IN_VARIABLE 3:27 $.Statement.Condition.StringLike[\"a:b\"][1] text"],
        ),
        (
            "R-GRM-74",
            r#"{"DateLessThan":{"a:b":["2026-11-24","2026-11","2026-11-24t09:00z","0","2026-13-01","noon","1.5",""]}}"#,
            &[
                "TYPE_MISMATCH_DATE 3:72 $.Statement.Condition.DateLessThan[\"a:b\"][4] entry",
                "TYPE_MISMATCH_DATE 3:85 $.Statement.Condition.DateLessThan[\"a:b\"][5] entry",
                "TYPE_MISMATCH_DATE 3:92 $.Statement.Condition.DateLessThan[\"a:b\"][6] entry",
                "TYPE_MISMATCH_DATE 3:98 $.Statement.Condition.DateLessThan[\"a:b\"][7] entry",
            ],
        ),
        (
            "R-GRM-2",
            r#"{"StringLike":{"a:b":"\\u0041 \u00e9 \u20ac"}}"#,
            &["JSON_SYNTAX_ERROR warning 3:38 $ stays"],
        ),
        (
            "0.3 complements",
            r#"{"StringNotLike":{"a:b":["x","${"]}}"#,
            &["MISSING_BRACE_IN_VARIABLE 3:30 $.Statement.Condition.StringNotLike[\"a:b\"][1] entry"],
        ),
        ("R-VAR-3", r#"{"NumericEquals":{"a:b":"${"},"Null":{"a:b":"${"}}"#, &[]),
        ("R-GRM-16", r#"{}"#, &[]),
        ("R-GRM-16", r#"{"StringEquals":{"a:b":[]}}"#, &[]),
    ];
    for (rule, block, expected) in cases {
        check_statement(rule, IDENTITY, &of(block), expected);
    }
    let allow = of(r#"{"StringNotLike":{"a:b":["x","${"]}}"#).replace("Deny", "Allow");
    check_statement(
        "0.3 complements",
        IDENTITY,
        &allow,
        &["MISSING_BRACE_IN_VARIABLE 3:30 $.Statement.Condition.StringNotLike[\"a:b\"][1] inert"],
    );
    let parsed = parse(&around(&of(r#"{"StringEquals":{"a:b":[10.0,true,1e5,"x"]}}"#)), IDENTITY);
    let texts: Vec<&str> =
        parsed.policy.statements[0].conditions[0].values.iter().map(|value| value.text.as_str()).collect();
    assert_eq!(texts, ["10.0", "true", "1e5", "x"], "R-GRM-15");
}

/// R-GRM-22 to 28: principals.
#[test]
fn principals() {
    let of = |principal: &str| {
        format!("{{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Principal\":\n{principal}}}")
    };
    let good = [
        r#""*""#,
        r#"{"AWS":"*"}"#,
        r#"{"AWS":["123456789012","arn:aws:iam::123456789012:root"],"Service":"logs.us-east-1.amazonaws.com"}"#,
        r#"{"AWS":["arn:aws:iam::123456789012:user/a/Bob","arn:aws-cn:iam::123456789012:role/a/App"]}"#,
        r#"{"AWS":["arn:aws:sts::123456789012:assumed-role/App/s","arn:aws:sts::123456789012:federated-user/f"]}"#,
        r#"{"AWS":["AIDAEXAMPLEEXAMPLE123","AROAEXAMPLEEXAMPLE123","AROAEXAMPLEEXAMPLE123:s"]}"#,
        r#"{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E123"}"#,
        r#"{"Service":["ec2.amazonaws.com","x.amazonaws.com.cn","y.amazon.com","z.internal"]}"#,
        r#"{"Federated":["cognito-identity.amazonaws.com","arn:aws:iam::123456789012:saml-provider/x","arn:aws:iam::123456789012:oidc-provider/h/p"]}"#,
    ];
    for principal in good {
        check_statement("R-GRM-22 to 25", S3, &of(principal), &[]);
    }
    let canonical = format!(r#"{{"CanonicalUser":"{}"}}"#, "0a".repeat(32));
    check_statement("R-GRM-26", S3, &of(&canonical), &[]);
    let bad = [
        (r#""123456789012""#, "INVALID_PRINCIPAL_FORMAT 3:1 $.Statement.Principal entry"),
        (r#"{"aws":"*"}"#, "INVALID_PRINCIPAL_KEY 3:2 $.Statement.Principal.aws entry"),
        (r#"{}"#, "EMPTY_OBJECT_PRINCIPAL 3:1 $.Statement.Principal entry"),
        (r#"{"AWS":[]}"#, "EMPTY_ARRAY_PRINCIPAL 3:8 $.Statement.Principal.AWS entry"),
        (r#"["*"]"#, "DATA_TYPE_MISMATCH 3:1 $.Statement.Principal inert"),
        (r#"{"AWS":{"a":1}}"#, "DATA_TYPE_MISMATCH 3:8 $.Statement.Principal.AWS inert"),
        (
            r#"{"AWS":"arn:aws:iam::123456789012:user/*"}"#,
            "UNSUPPORTED_WILDCARD_IN_PRINCIPAL 3:8 $.Statement.Principal.AWS entry",
        ),
        (
            r#"{"AWS":"arn:aws:iam::123456789012:*"}"#,
            "UNSUPPORTED_WILDCARD_IN_PRINCIPAL 3:8 $.Statement.Principal.AWS entry",
        ),
        (r#"{"AWS":"?"}"#, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL 3:8 $.Statement.Principal.AWS entry"),
        (r#"{"Service":"*"}"#, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL 3:12 $.Statement.Principal.Service entry"),
        (
            r#"{"Federated":"*"}"#,
            "UNSUPPORTED_WILDCARD_IN_PRINCIPAL 3:14 $.Statement.Principal.Federated entry",
        ),
        (
            r#"{"Service":"EC2.amazonaws.com"}"#,
            "INVALID_SERVICE_PRINCIPAL_FORMAT 3:12 $.Statement.Principal.Service entry",
        ),
        (
            r#"{"Federated":"somewhere"}"#,
            "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY 3:14 $.Statement.Principal.Federated entry",
        ),
        (
            r#"{"CanonicalUser":"0a"}"#,
            "INVALID_PRINCIPAL_FORMAT 3:18 $.Statement.Principal.CanonicalUser entry",
        ),
        (
            r#"{"AWS":"arn:aws:iam::123456789012:group/g"}"#,
            "INVALID_PRINCIPAL_FORMAT 3:8 $.Statement.Principal.AWS entry",
        ),
        (
            r#"{"AWS":"arn:aws:iam::123456789012:instance-profile/g"}"#,
            "INVALID_PRINCIPAL_FORMAT 3:8 $.Statement.Principal.AWS entry",
        ),
        (
            r#"{"AWS":["12345","AKIAEXAMPLEEXAMPLE12"]}"#,
            "INVALID_PRINCIPAL_FORMAT 3:9 $.Statement.Principal.AWS[0] entry",
        ),
    ];
    for (principal, expected) in bad {
        let found = findings(&around(&of(principal)), S3);
        assert_eq!(found.first().map(String::as_str), Some(expected), "R-GRM-22 to 28: {principal}");
        let not = of(principal).replace("\"Principal\"", "\"NotPrincipal\"");
        assert_eq!(
            parse(&around(&not.replace("Deny", "Allow")), S3).policy.statements.len(),
            0,
            "0.3 complements: {not}"
        );
    }
}

/// The matrix of R-GRM-30, row by row: which element each type has, and what a forbidden one does.
#[test]
fn which_type_allows_what() {
    type Row = (&'static str, fn(&mut Json), [&'static str; 6]);
    let everywhere =
        [IDENTITY, S3, PolicyType::Trust, PolicyType::Scp, PolicyType::Rcp, PolicyType::VpcEndpoint];
    fn element(policy: &mut Json, name: &str, value: Json) {
        policy["Statement"][name] = value;
    }
    fn without(policy: &mut Json, name: &str) {
        policy["Statement"].as_object_mut().unwrap().remove(name);
    }
    const OK: [&str; 6] = [""; 6];
    let rows: &[Row] = &[
        ("as it is", |_| {}, OK),
        (
            "Id",
            |p| p["Id"] = json!("x"),
            ["", "", "", "INVALID_POLICY_ELEMENT", "INVALID_POLICY_ELEMENT", ""],
        ),
        ("Sid", |p| element(p, "Sid", json!("x")), OK),
        ("Condition", |p| element(p, "Condition", json!({"Bool": {"aws:SecureTransport": "false"}})), OK),
        (
            "no Version",
            |p| {
                p.as_object_mut().unwrap().remove("Version");
            },
            ["MISSING_VERSION", "", "MISSING_VERSION", "", "MISSING_VERSION", ""],
        ),
        (
            "old Version",
            |p| p["Version"] = json!("2008-10-17"),
            ["INVALID_VERSION", "", "INVALID_VERSION", "", "INVALID_VERSION", ""],
        ),
        ("Allow", |p| element(p, "Effect", json!("Allow")), ["", "", "", "", "!RCP_SYNTAX_ERROR_ALLOW", ""]),
        (
            "Principal",
            |p| element(p, "Principal", json!("*")),
            ["!UNSUPPORTED_PRINCIPAL", "", "", "!SCP_SYNTAX_ERROR_PRINCIPAL", "", ""],
        ),
        (
            "Principal as a map",
            |p| element(p, "Principal", json!({"AWS": "*"})),
            [
                "!UNSUPPORTED_PRINCIPAL",
                "",
                "",
                "!SCP_SYNTAX_ERROR_PRINCIPAL",
                "RCP_SYNTAX_ERROR_PRINCIPAL",
                "",
            ],
        ),
        (
            "an account as Principal",
            |p| element(p, "Principal", json!({"AWS": "123456789012"})),
            [
                "!UNSUPPORTED_PRINCIPAL",
                "",
                "",
                "!SCP_SYNTAX_ERROR_PRINCIPAL",
                "!RCP_SYNTAX_ERROR_PRINCIPAL",
                "",
            ],
        ),
        (
            "no Principal",
            |p| without(p, "Principal"),
            ["", "!MISSING_PRINCIPAL", "!MISSING_PRINCIPAL", "", "!MISSING_PRINCIPAL", "!MISSING_PRINCIPAL"],
        ),
        (
            "NotPrincipal",
            |p| {
                without(p, "Principal");
                element(p, "NotPrincipal", json!({"AWS": "123456789012"}))
            },
            [
                "!UNSUPPORTED_PRINCIPAL",
                "",
                "!ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
                "!SCP_SYNTAX_ERROR_PRINCIPAL",
                "!RCP_SYNTAX_ERROR_PRINCIPAL",
                "",
            ],
        ),
        ("no Action", |p| without(p, "Action"), ["!MISSING_ACTION"; 6]),
        (
            "NotAction",
            |p| {
                without(p, "Action");
                element(p, "NotAction", json!("sts:AssumeRole"))
            },
            ["", "", "", "", "!RCP_SYNTAX_ERROR_NOTACTION", ""],
        ),
        (
            "every Action",
            |p| element(p, "Action", json!("*")),
            ["", "", "", "", "RCP_SYNTAX_ERROR_ACTION", ""],
        ),
        (
            "Action of every service",
            |p| element(p, "Action", json!("*:Get*")),
            ["", "", "", "", "RCP_SYNTAX_ERROR_ACTION", ""],
        ),
        (
            "another Action",
            |p| element(p, "Action", json!("s3:GetObject")),
            ["", "", "UNSUPPORTED_ACTION_IN_POLICY", "", "", ""],
        ),
        (
            "Resource",
            |p| element(p, "Resource", json!("arn:aws:s3:::b")),
            ["", "", "!ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", "", "", ""],
        ),
        (
            "NotResource",
            |p| {
                without(p, "Resource");
                element(p, "NotResource", json!("arn:aws:s3:::b"))
            },
            ["", "", "!ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", "", "", ""],
        ),
        (
            "no Resource",
            |p| without(p, "Resource"),
            [
                "!MISSING_RESOURCE",
                "!MISSING_RESOURCE",
                "",
                "!MISSING_RESOURCE",
                "!MISSING_RESOURCE",
                "!MISSING_RESOURCE",
            ],
        ),
    ];
    for (what, change, expected) in rows {
        for (policy_type, expected) in everywhere.into_iter().zip(expected) {
            let mut policy =
                json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sts:AssumeRole"}});
            if !matches!(policy_type, IDENTITY | PolicyType::Scp) {
                policy["Statement"]["Principal"] = json!("*");
            }
            if policy_type != PolicyType::Trust {
                policy["Statement"]["Resource"] = json!("*");
            }
            change(&mut policy);
            let parsed = parse(&policy.to_string(), policy_type);
            let errors: Vec<&str> = parsed.errors().map(|found| found.code).collect();
            let code = expected.trim_start_matches('!');
            let wanted: Vec<&str> = Some(code).filter(|code| !code.is_empty()).into_iter().collect();
            assert_eq!(errors, wanted, "R-GRM-30: {what} in {policy_type:?}");
            let inert = expected.starts_with('!');
            assert_eq!(parsed.policy.statements.is_empty(), inert, "R-GRM-30: {what} in {policy_type:?}");
        }
    }
    for (policy_type, needed) in
        [(KMS, true), (ECR, false), (PolicyType::Boundary, true), (PolicyType::Session, true)]
    {
        let mut policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "a:b"}});
        if !policy_type.is_identity_based() {
            policy["Statement"]["Principal"] = json!("*");
        }
        let missing =
            parse(&policy.to_string(), policy_type).errors().any(|found| found.code == "MISSING_RESOURCE");
        assert_eq!(missing, needed, "R-GRM-17: {policy_type:?}");
    }
    let full_access = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    assert!(findings(&full_access.to_string(), PolicyType::Rcp).is_empty(), "R-GRM-34");
    for action in [
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "STS:assumerolewithwebidentity",
        "sts:TagSession",
        "sts:SetSourceIdentity",
        "sts:SetContext",
        "sts:*",
        "sts:Assume*",
    ] {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": action}});
        assert!(findings(&policy.to_string(), PolicyType::Trust).is_empty(), "R-GRM-32: {action}");
    }
}

/// R-GRM-16: what the empty constructs mean, strictly and leniently.
#[test]
fn empty_constructs() {
    let ask = request("s3:GetObject", "arn:aws:s3:::b/k", Context::default());
    // Element, whether the strict mode refuses it, whether an Allow applies, whether a Deny applies.
    let rows = [
        (r#""Action":[],"Resource":"*""#, true, false, false),
        (r#""NotAction":[],"Resource":"*""#, true, false, true),
        (r#""Action":"*","Resource":[]"#, true, false, false),
        (r#""Action":"*","NotResource":[]"#, true, false, true),
        (r#""Action":"*","Resource":"*","Condition":{}"#, false, true, true),
        (r#""Action":"*","Resource":"*","Condition":{"AnyName":{}}"#, false, true, true),
        (r#""Action":"*","Resource":"*","Condition":{"StringEquals":{"k:k":[]}}"#, false, false, false),
        (r#""Action":"*","Resource":"*","Condition":{"StringNotEquals":{"k:k":[]}}"#, false, true, true),
        (r#""Action":"*","Resource":"*","Sid":"""#, false, true, true),
    ];
    for (elements, refused, allows, denies) in rows {
        let text = around(&format!(r#"{{"Effect":"Allow",{elements}}}"#));
        assert_eq!(parse(&text, IDENTITY).errors().next().is_some(), refused, "{elements}");
        let policy: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(decide(&policy, &ask) == Decision::Allowed, allows, "R-GRM-16: Allow {elements}");
        let mut deny = policy;
        deny["Statement"]["Effect"] = json!("Deny");
        assert_eq!(decide(&deny, &ask) == Decision::ExplicitlyDenied, denies, "R-GRM-16: Deny {elements}");
    }
    for (principal, entries) in [("{}", 0), (r#"{"AWS":[]}"#, 0)] {
        let text =
            around(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Principal":{principal}}}"#));
        let parsed = parse(&text, S3);
        let of = |statement: &iamdb::policy::Statement| {
            statement.principal.as_ref().map_or(9, |all| all.entries().len())
        };
        assert!(parsed.policy.statements.iter().all(|statement| of(statement) == entries), "R-GRM-16");
    }
}

/// Several findings are reported at once, in the order of the text, and one bad statement leaves the others.
#[test]
fn several_at_once() {
    let text = "{\n  \"Version\": \"2012\",\n  \"Statement\": [\n    {\"Effect\": \"allow\", \"Action\": \"s3\", \"Resource\": \"b\"},\n    {\"Effect\": \"Allow\", \"Action\": \"s3:Get*\", \"Resource\": \"*\"},\n    {\"Effect\": \"Deny\", \"Actions\": \"*\"}\n  ]\n}\n";
    check(
        "semantics 0.3",
        IDENTITY,
        text,
        &[
            "INVALID_VERSION 2:14 $.Version ignored",
            "INVALID_EFFECT 4:16 $.Statement[0].Effect inert",
            "INVALID_ACTION 4:35 $.Statement[0].Action entry",
            "INVALID_ARN_PREFIX 4:53 $.Statement[0].Resource entry",
            "MISSING_ACTION 6:5 $.Statement[2] inert",
            "MISSING_RESOURCE 6:5 $.Statement[2] inert",
            "INVALID_POLICY_ELEMENT 6:24 $.Statement[2].Actions ignored",
        ],
    );
    let parsed = parse(text, IDENTITY);
    let kept: Vec<usize> = parsed.policy.statements.iter().map(|statement| statement.index).collect();
    assert_eq!(kept, [1]);
    let about: Vec<Option<usize>> = parsed.diagnostics.iter().map(|found| found.statement()).collect();
    assert_eq!(about, [None, Some(0), Some(0), Some(0), Some(2), Some(2), Some(2)]);
    let ask = request("s3:GetObject", "*", Context::default());
    let mut layers = layers(&[], &[]);
    layers.identity.push(layer_policy(text, IDENTITY));
    assert_eq!(iamdb::eval::authorize(&layers, &ask).decision, Decision::Allowed);
}

/// Sizes (R-GRM-2, R-GRM-60, R-GRM-61), at the limit and one past it.
#[test]
fn sizes() {
    let padded = |policy: &Json, length: usize| {
        let text = policy.to_string();
        format!("{text}{}", " ".repeat(length - text.chars().count()))
    };
    let plain =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}});
    let mut rcp = plain.clone();
    rcp["Statement"]["Principal"] = json!("*");
    for (policy_type, policy, limit, code) in [
        (IDENTITY, &plain, Quota::DOCUMENT_LENGTH.limit, "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"),
        (PolicyType::Scp, &plain, Quota::SCP.limit, "POLICY_SIZE_EXCEEDS_SCP_QUOTA"),
        (PolicyType::Rcp, &rcp, Quota::RCP.limit, "POLICY_SIZE_EXCEEDS_RCP_QUOTA"),
    ] {
        check("R-GRM-61", policy_type, &padded(policy, limit), &[]);
        check("R-GRM-61", policy_type, &padded(policy, limit + 1), &[&format!("{code} 1:1 $ stays")]);
    }
    let trust = |sid: usize| {
        json!({"Version": "2012-10-17", "Statement": {"Sid": "x".repeat(sid), "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}).to_string()
    };
    let around = size(&trust(0));
    check("R-GRM-61", PolicyType::Trust, &trust(Quota::TRUST_POLICY.limit - around), &[]);
    check(
        "R-GRM-61",
        PolicyType::Trust,
        &trust(Quota::TRUST_POLICY.limit - around + 1),
        &["POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA warning 1:1 $ stays"],
    );
    assert_eq!(
        size("{ \"a b\" :\t\"\\\" \" ,\r\n\"é\": [ 1 , 2 ] }"),
        "{\"a b\":\"\\\" \",\"é\":[1,2]}".chars().count(),
        "R-GRM-60"
    );
}

/// A huge document is read in reasonable time, whatever its quota says.
#[test]
fn a_huge_document() {
    let names: Vec<String> = (0..60_000).map(|nth| format!("arn:aws:s3:::bucket-{nth}/*")).collect();
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": names}});
    let parsed = parse(&policy.to_string(), IDENTITY);
    assert_eq!(
        parsed.errors().map(|found| found.code).collect::<Vec<_>>(),
        ["POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"]
    );
    assert_eq!(parsed.policy.statements[0].resource.as_ref().unwrap().entries().len(), 60_000);
    assert_eq!(
        decide(&policy, &request("s3:GetObject", "arn:aws:s3:::bucket-59999/k", Context::default())),
        Decision::Allowed
    );
}

/// A text beyond every quota is not read: its tree would take a hundred times its length.
#[test]
fn a_document_beyond_every_quota() {
    let text = format!("[{}]", "[],".repeat(1 << 20));
    let parsed = parse(&text, IDENTITY);
    let found: Vec<_> = parsed.diagnostics.iter().map(|found| (found.code, found.consequence)).collect();
    assert!(found.contains(&("JSON_SYNTAX_ERROR", Consequence::DocumentRejected)), "{found:?}");
    assert!(parsed.policy.statements.is_empty());
    assert_eq!(iamdb::policy::Document::new(text.clone()).canonical(), text);
}

/// A message quotes the author; of a word as long as the file, its beginning and the end of the sentence will do.
#[test]
fn messages_stay_short() {
    let long = "x".repeat(100_000);
    let text = json!({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": long}]}).to_string();
    let parsed = parse(&text, IDENTITY);
    let found = parsed.diagnostics.iter().find(|found| found.code == "INVALID_ARN_PREFIX").unwrap();
    assert!(found.message.len() < 600, "{}", found.message);
    assert!(found.message.starts_with("the resource `xxx"), "{}", found.message);
    assert!(found.message.ends_with("neither an ARN nor `*`"), "{}", found.message);
}

/// R-CND-33, R-GRM-74: IAM stores no date that cannot be read; a Deny that holds one says that it is degraded.
#[test]
fn a_date_that_cannot_be_read_is_refused() {
    let policy = |date: &str| {
        let text = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateNotEquals": {"aws:CurrentTime": [date]}}}});
        parse(&text.to_string(), PolicyType::Identity)
    };
    for date in ["tomorrow", "2024-13-01", "2024-01-01 00:00:00Z", "1.5", ""] {
        let parsed = policy(date);
        assert!(parsed.errors().any(|error| error.code == "TYPE_MISMATCH_DATE"), "{date}");
        assert!(parsed.degraded().next().is_some(), "{date}");
    }
    for date in ["2024", "2024-01", "2024-01-01", "2024-01-01T00:00Z", "2024-01-01t00:00:00.5+0100"] {
        assert_eq!(policy(date).diagnostics, [], "{date}");
    }
}
