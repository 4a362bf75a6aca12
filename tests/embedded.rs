//! Policies inside other files: that all are found, under their names and types, and that places in them are places in
//! the file.

use iamdb::embedded::{Contents, Found, Instead, Kind, PlanChange, Side, find, plan_changes, recognise};
use iamdb::policy::{PolicyType, ResourceService, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn contents(text: &str) -> Contents {
    find(text).unwrap().expect("a file with policies")
}

fn policy<'a>(contents: &'a Contents, name: &str) -> &'a Found {
    let found = contents.policies.iter().find(|found| found.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in {:?}", names(contents)))
}

fn names(contents: &Contents) -> Vec<&str> {
    contents.policies.iter().filter_map(|found| found.name.as_deref()).collect()
}

fn json_of(found: &Found) -> Json {
    serde_json::from_str(&found.text).unwrap_or_else(|error| panic!("{error}: {}", found.text))
}

const TEMPLATE: &str = "\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Bucket: {Type: String}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: !Sub 'lambda.${AWS::URLSuffix}', AWS: !Ref AWS::AccountId}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Sid: Read
                Effect: Allow
                Action: [s3:GetObject, !If [CanPut, s3:PutObject, !Ref AWS::NoValue]]
                Resource:
                  - !Sub arn:${AWS::Partition}:s3:::${Bucket}/home/${!aws:username}/*
                  - !Join ['', ['arn:aws:s3:::', !Ref Bucket, /x]]
                  - Fn::ImportValue: shared-arn
                Condition:
                  Bool: {aws:SecureTransport: true}
                  NumericLessThan: {s3:max-keys: 100}
        - PolicyName: other
          PolicyDocument: !Ref Whole
  Queue:
    Type: AWS::SQS::Queue
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      PolicyDocument: !If
        - IsOpen
        - {Version: '2012-10-17', Statement: []}
        - !Ref AWS::NoValue
";

#[test]
fn a_yaml_template_has_its_policies() {
    let contents = contents(TEMPLATE);
    assert_eq!(contents.kind, Kind::Template);
    assert_eq!(
        names(&contents),
        [
            "Role.AssumeRolePolicyDocument",
            "Role.Policies[0].PolicyDocument",
            "QueuePolicy.PolicyDocument if IsOpen"
        ]
    );
    let trust = policy(&contents, "Role.AssumeRolePolicyDocument");
    assert_eq!(trust.policy_type, Some(PolicyType::Trust));
    assert_eq!(
        json_of(trust),
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
               "Principal": {"Service": "lambda.*", "AWS": "*"}, "Action": "sts:AssumeRole"}]})
    );
    let inline = policy(&contents, "Role.Policies[0].PolicyDocument");
    assert_eq!(
        json_of(inline),
        json!({"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow",
               "Action": ["s3:GetObject", "s3:PutObject"],
               "Resource": ["arn:*:s3:::*/home/${aws:username}/*", "arn:aws:s3:::*/x", "*"],
               "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"s3:max-keys": 100}}}]})
    );
    let unread: Vec<(&str, &str)> = contents.unread.iter().map(|one| (&*one.name, &*one.why)).collect();
    assert_eq!(unread, [("Role.Policies[1].PolicyDocument", "`Ref Whole` stands for the whole policy")]);
}

#[test]
fn what_is_not_known_is_listed_where_it_stands() {
    let contents = contents(TEMPLATE);
    let inline = policy(&contents, "Role.Policies[0].PolicyDocument");
    let listed: Vec<(&str, Instead, &str, usize)> = inline
        .unresolved
        .iter()
        .map(|one| {
            let there = inline.text.get(one.span.start..one.span.end).unwrap();
            (&*one.what, one.instead, there, iamdb::policy::position(TEMPLATE, one.offset).0)
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("Fn::If CanPut", Instead::BothBranches, "\"s3:PutObject\"", 21),
            ("${AWS::Partition}", Instead::Wildcard, "*", 23),
            ("${Bucket}", Instead::Wildcard, "*", 23),
            ("Ref Bucket", Instead::Wildcard, "*", 24),
            ("Fn::ImportValue shared-arn", Instead::Wildcard, "*", 25),
        ]
    );
    let resource = inline.text.find("arn:*").unwrap();
    let span = iamdb::policy::Span { start: resource, end: resource + 5 };
    assert_eq!(
        inline.unresolved_in(span).map(|one| one.what.as_str()).collect::<Vec<_>>(),
        ["${AWS::Partition}"]
    );
}

#[test]
fn a_finding_points_into_the_template() {
    let broken = TEMPLATE.replace("Sid: Read", "Sidd: Read");
    let contents = contents(&broken);
    let inline = policy(&contents, "Role.Policies[0].PolicyDocument");
    let parsed = parse(&inline.text, PolicyType::Identity);
    let error = parsed.errors().next().unwrap();
    assert_eq!(error.code, "INVALID_POLICY_ELEMENT");
    assert_eq!(inline.position(&broken, error.span.start), (19, 17));
    // A place within a value is where the value begins; past the end is the last value.
    let condition = inline.text.find(":SecureTransport").unwrap();
    assert_eq!(inline.position(&broken, condition).0, 27);
    assert_eq!(inline.position(&broken, 1 << 20).0, 28);
}

#[test]
fn json_and_yaml_templates_say_the_same() {
    let json = r#"{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {
        "Statement": {"Effect": "Allow", "Action": {"Fn::Sub": ["${Service}:${What}", {"Service": "s3", "What": {"Ref": "X"}}]},
                      "Resource": [{"Fn::GetAtt": ["B", "Arn"]}, {"Fn::Join": [":", ["arn", {"Ref": "AWS::Partition"}, "sqs"]]}]}}}}}}"#;
    let yaml = "
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          Effect: Allow
          Action: !Sub ['${Service}:${What}', {Service: s3, What: !Ref X}]
          Resource: [!GetAtt B.Arn, !Join [':', [arn, !Ref 'AWS::Partition', sqs]]]
";
    let (json, yaml) = (contents(json), contents(yaml));
    assert_eq!(json.policies[0].text, yaml.policies[0].text);
    let whats = |contents: &Contents| {
        let unresolved = contents.policies[0].unresolved.iter();
        unresolved.map(|one| (one.what.clone(), one.span)).collect::<Vec<_>>()
    };
    assert_eq!(whats(&json), whats(&yaml));
    assert_eq!(
        json.policies[0].text,
        r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":["*","arn:*:sqs"]}}"#
    );
}

#[test]
fn a_condition_gives_both_branches_where_a_list_may_stand() {
    let found = |statement: &str| {
        let text = format!(
            r#"{{"Resources":{{"P":{{"Type":"AWS::IAM::Policy","Properties":{{"PolicyDocument":{{"Statement":{statement}}}}}}}}}}}"#
        );
        let contents = contents(&text);
        let instead: Vec<Instead> = contents.policies[0].unresolved.iter().map(|one| one.instead).collect();
        (json_of(&contents.policies[0])["Statement"].clone(), instead)
    };
    let both = Instead::BothBranches;
    assert_eq!(
        found(r#"{"Action":{"Fn::If":["C","a:b",["a:c","a:d"]]}}"#),
        (json!({"Action": ["a:b", "a:c", "a:d"]}), vec![both])
    );
    assert_eq!(
        found(r#"[{"Fn::If":["C",{"Sid":"A"},{"Sid":"B"}]}]"#),
        (json!([{"Sid": "A"}, {"Sid": "B"}]), vec![both, both])
    );
    assert_eq!(
        found(r#"[{"Fn::If":["C",{"Sid":"A"},{"Ref":"AWS::NoValue"}]}]"#),
        (json!([{"Sid": "A"}]), vec![both])
    );
    let first = vec![Instead::FirstBranch];
    assert_eq!(
        found(r#"{"Effect":{"Fn::If":["C","Allow","Deny"]}}"#),
        (json!({"Effect": "Allow"}), first.clone())
    );
    assert_eq!(
        found(r#"{"Condition":{"Fn::If":["C",{"Ref":"AWS::NoValue"},{"Null":{"a:b":"true"}}]}}"#),
        (json!({"Condition": {"Null": {"a:b": "true"}}}), first)
    );
    assert_eq!(found(r#"{"Condition":{"Ref":"AWS::NoValue"}}"#), (json!({}), vec![]));
    // What is no condition at all is as unknown as any other function.
    assert_eq!(found(r#"{"Action":{"Fn::If":["C"]}}"#), (json!({"Action": "*"}), vec![Instead::Wildcard]));
}

/// The type of a resource, its properties around the policy `@`, the name and the type of the policy.
const PLACES: [(&str, &str, &str, PolicyType); 17] = [
    (
        "AWS::IAM::User",
        r#"{"Policies":[{"PolicyDocument":@}]}"#,
        "X.Policies[0].PolicyDocument",
        PolicyType::Identity,
    ),
    (
        "AWS::IAM::Group",
        r#"{"Policies":[{},{"PolicyDocument":@}]}"#,
        "X.Policies[1].PolicyDocument",
        PolicyType::Identity,
    ),
    ("AWS::IAM::ManagedPolicy", r#"{"PolicyDocument":@}"#, "X.PolicyDocument", PolicyType::Identity),
    (
        "AWS::S3::BucketPolicy",
        r#"{"PolicyDocument":@}"#,
        "X.PolicyDocument",
        PolicyType::Resource(ResourceService::ResourceRequired),
    ),
    (
        "AWS::SNS::TopicPolicy",
        r#"{"PolicyDocument":@}"#,
        "X.PolicyDocument",
        PolicyType::Resource(ResourceService::ResourceRequired),
    ),
    ("AWS::KMS::Key", r#"{"KeyPolicy":@}"#, "X.KeyPolicy", PolicyType::Resource(ResourceService::Kms)),
    (
        "AWS::SecretsManager::ResourcePolicy",
        r#"{"ResourcePolicy":@}"#,
        "X.ResourcePolicy",
        PolicyType::Resource(ResourceService::ResourceRequired),
    ),
    (
        "AWS::ECR::Repository",
        r#"{"RepositoryPolicyText":@}"#,
        "X.RepositoryPolicyText",
        PolicyType::Resource(ResourceService::Other),
    ),
    (
        "AWS::Organizations::Policy",
        r#"{"Type":"SERVICE_CONTROL_POLICY","Content":@}"#,
        "X.Content",
        PolicyType::Scp,
    ),
    (
        "AWS::Organizations::Policy",
        r#"{"Type":"RESOURCE_CONTROL_POLICY","Content":@}"#,
        "X.Content",
        PolicyType::Rcp,
    ),
    ("AWS::EC2::VPCEndpoint", r#"{"PolicyDocument":@}"#, "X.PolicyDocument", PolicyType::VpcEndpoint),
    (
        "AWS::DynamoDB::GlobalTable",
        r#"{"Replicas":[{"ResourcePolicy":{"PolicyDocument":@}}]}"#,
        "X.Replicas[0].ResourcePolicy.PolicyDocument",
        PolicyType::Resource(ResourceService::Other),
    ),
    (
        "AWS::Serverless::Function",
        r#"{"Policies":["AWSLambdaExecute",@,{"S3ReadPolicy":{}}]}"#,
        "X.Policies[1]",
        PolicyType::Identity,
    ),
    ("AWS::Serverless::Function", r#"{"Policies":@}"#, "X.Policies", PolicyType::Identity),
    (
        "AWS::Serverless::Function",
        r#"{"AssumeRolePolicyDocument":@}"#,
        "X.AssumeRolePolicyDocument",
        PolicyType::Trust,
    ),
    (
        "AWS::IAM::Role",
        r#"{"Fn::If":["C",{},{"AssumeRolePolicyDocument":@}]}"#,
        "X if not C.AssumeRolePolicyDocument",
        PolicyType::Trust,
    ),
    ("AWS::Transfer::User", r#"{"Policy":@}"#, "X.Policy", PolicyType::Session),
];

#[test]
fn every_place_has_its_name_and_type() {
    for (of, properties, name, policy_type) in PLACES {
        let document = r#"{"Statement":[]}"#;
        let texts = [document.to_owned(), Json::from(document).to_string()];
        // A document may also be given as a text, but for those of the model of serverless applications.
        let texts = &texts[..if of.starts_with("AWS::Serverless") { 1 } else { 2 }];
        for text in texts {
            let template = format!(
                r#"{{"Resources":{{"X":{{"Type":"{of}","Properties":{}}}}}}}"#,
                properties.replace('@', text)
            );
            let contents = contents(&template);
            assert_eq!(names(&contents), [name], "{template}");
            assert_eq!(contents.policies[0].policy_type, Some(policy_type), "{template}");
            assert_eq!(contents.policies[0].text, document);
        }
    }
}

#[test]
fn what_is_no_policy_is_not_found() {
    let none = |resource: &str| {
        let contents = contents(&format!(r#"{{"Resources":{{"X":{resource}}}}}"#).replace("$", "AWS::"));
        assert_eq!(names(&contents), [""; 0], "{resource}");
        contents.unread.into_iter().map(|one| one.why).collect::<Vec<_>>()
    };
    assert_eq!(none(r#"{"Type":"$S3::Bucket","Properties":{"PolicyDocument":{}}}"#), [""; 0]);
    assert_eq!(none(r#"{"Type":"$IAM::Policy"}"#), [""; 0]);
    assert_eq!(none(r#"{"Type":"$IAM::Policy","Properties":{"PolicyDocument":null}}"#), [""; 0]);
    assert_eq!(
        none(r#"{"Type":"$Organizations::Policy","Properties":{"Type":"TAG_POLICY","Content":{}}}"#),
        [""; 0]
    );
    assert_eq!(
        none(r#"{"Type":"$Organizations::Policy","Properties":{"Type":{"Ref":"T"},"Content":{}}}"#),
        ["`Ref T` stands for its type"]
    );
    assert_eq!(
        none(r#"{"Type":"$IAM::Policy","Properties":{"PolicyDocument":"see above"}}"#),
        ["a text that is no JSON object stands for it"]
    );
    let looped =
        contents(r#"{"Resources":{"Fn::ForEach::All":["N",["a"],{"P${N}":{"Type":"AWS::IAM::Policy"}}]}}"#);
    assert_eq!(looped.unread[0].name, "Fn::ForEach::All");
}

/// Lambda writes a statement for each permission.
#[test]
fn a_permission_of_a_function_is_a_statement() {
    let permission = |properties: &str| {
        contents(&format!(
            r#"{{"Resources":{{"X":{{"Type":"AWS::Lambda::Permission","Properties":{properties}}}}}}}"#
        ))
    };
    let of_bucket = permission(
        r#"{"Action":"lambda:InvokeFunction","FunctionName":{"Ref":"F"},"Principal":"s3.amazonaws.com",
            "SourceArn":{"Fn::GetAtt":["B","Arn"]},"SourceAccount":"111122223333","PrincipalOrgID":{"Ref":"AWS::NoValue"}}"#,
    );
    let found = policy(&of_bucket, "X");
    assert_eq!(found.policy_type, Some(PolicyType::Resource(ResourceService::ResourceRequired)));
    assert_eq!(
        json_of(found)["Statement"],
        json!({
            "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": "*",
            "Condition": {"ArnLike": {"aws:SourceArn": "*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}
        })
    );
    let what: Vec<&str> = found.unresolved.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(what, ["Ref F", "Fn::GetAtt B.Arn"]);
    let is = |principal: &str, function: &str| {
        let all = permission(&format!(
            r#"{{"Action":"lambda:*","FunctionName":"{function}","Principal":"{principal}"}}"#
        ));
        let statement = &json_of(policy(&all, "X"))["Statement"];
        (statement["Principal"].clone(), statement["Resource"].as_str().unwrap().to_owned())
    };
    assert_eq!(is("*", "f"), (json!("*"), "arn:*:lambda:*:*:function:f".to_owned()));
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:f";
    assert_eq!(is("111122223333", arn), (json!({"AWS": "111122223333"}), arn.to_owned()));
    let user = "arn:aws:iam::111122223333:user/a";
    let short = "111122223333:function:f";
    assert_eq!(is(user, short), (json!({"AWS": user}), format!("arn:*:lambda:*:{short}")));
    let by_function = |principal: &str| {
        let all =
            permission(&format!(r#"{{"Action":"lambda:*","FunctionName":"f","Principal":{principal}}}"#));
        json_of(policy(&all, "X"))["Statement"]["Principal"].clone()
    };
    assert_eq!(by_function(r#"{"Fn::Sub":"events.${AWS::URLSuffix}"}"#), json!({"Service": "events.*"}));
    assert_eq!(by_function(r#"{"Ref":"AWS::AccountId"}"#), json!({"AWS": "*"}));
    let by_url = |is: bool| {
        let all = permission(&format!(
            r#"{{"Action":"lambda:*","FunctionName":"f","Principal":"*","InvokedViaFunctionUrl":{is}}}"#
        ));
        json_of(policy(&all, "X"))["Statement"]["Condition"].clone()
    };
    assert_eq!(by_url(true), json!({"Bool": {"lambda:InvokedViaFunctionUrl": true}}));
    assert_eq!(by_url(false), Json::Null);
    let open = permission(r#"{"Action":"lambda:*","FunctionName":"f","Principal":{"Ref":"P"}}"#);
    assert_eq!(open.unread[0].why, "a function stands for its principal");
}

/// Where nothing but resources is open in Allows, whom they let in is certain.
#[test]
fn a_policy_can_be_asked_about_any_resource() {
    let any = |statements: &str| {
        let template = format!(
            r#"{{"Resources":{{"X":{{"Type":"AWS::S3::BucketPolicy","Properties":{{"PolicyDocument":{{"Statement":{statements}}}}}}}}}}}"#
        );
        let contents = contents(&template);
        let found = policy(&contents, "X.PolicyDocument");
        let text = found.on_any_resource()?;
        assert_eq!(text.len(), found.text.len());
        Some(serde_json::from_str::<Json>(&text).unwrap()["Statement"].clone())
    };
    let open = r#"{"Fn::Sub":"arn:aws:s3:::${B}/*"}"#;
    let allow = format!(r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":{open}}}"#);
    let said = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"});
    assert_eq!(any(&allow), Some(said.clone()));
    let several = allow.replace(open, &format!(r#"["arn:aws:s3:::a/*",{open}]"#));
    assert_eq!(any(&format!("[{several}]")).unwrap()[0]["Resource"], json!(["arn:aws:s3:::a/*", "*"]));
    for (what, with) in [
        ("\"Allow\"", "\"Deny\""),
        ("\"Resource\"", "\"NotResource\""),
        ("\"s3:GetObject\"", r#"{"Ref":"A"}"#),
        ("\"Principal\":\"*\"", r#""Principal":{"AWS":{"Ref":"P"}}"#),
        (open, r#"{"Fn::If":["C","arn:aws:s3:::a/*","arn:aws:s3:::b/*"]}"#),
    ] {
        assert_eq!(any(&allow.replace(what, with)), None, "{with}");
    }
    assert_eq!(any(&format!(r#"[{allow},{{"Fn::Transform":{{"Name":"AWS::Include"}}}}]"#)), None);
}

#[test]
fn files_are_recognised_by_what_is_in_them() {
    for (text, kind) in [
        (r#"{"Version":"2012-10-17","Statement":[]}"#, Some(Kind::Policy)),
        ("\u{feff} {\"Statement\": 7}", Some(Kind::Policy)),
        (r#"{"Statement": [}"#, Some(Kind::Policy)),
        (r#"{"Statement":[],"Statement":[]}"#, Some(Kind::Policy)),
        (r#"{"AWSTemplateFormatVersion":"2010-09-09","Resources":{}}"#, Some(Kind::Template)),
        (r#"{"Resources":{"A":{"Type":"AWS::S3::Bucket"}}}"#, Some(Kind::Template)),
        (r#"{"format_version":"1.2","resource_changes":[]}"#, Some(Kind::Plan)),
        (r#"{"format_version":"1.0","values":{}}"#, Some(Kind::Plan)),
        (TEMPLATE, Some(Kind::Template)),
        (r#"{"Resources":["a","b"]}"#, None),
        (r#"{"name":"package"}"#, None),
        ("[1]", None),
        ("apiVersion: v1\nkind: Pod\n", None),
        ("", None),
        ("{ not json", None),
        // What is cut off.
        (r#"{"Version":"2012-10-17","#, Some(Kind::Policy)),
        (r#"{"name":"package","#, None),
        (r#"{"Resources":{"A":{"Type":"AWS::S3::Bucket","#, Some(Kind::Template)),
        (r#"{"format_version":"1.2","terraform_version":"1.9.0","resource_changes":[{"#, Some(Kind::Plan)),
    ] {
        assert_eq!(recognise(text), kind, "{text}");
    }
}

// Hostile templates.

#[test]
fn aliases_stand_for_copies_within_the_budget() {
    let shared = "
Shared: &s {Effect: Allow, Action: 's3:*', Resource: '*'}
Resources:
  P: {Type: 'AWS::IAM::Policy', Properties: {PolicyDocument: {Statement: [*s, *s]}}}
";
    let found = contents(shared);
    assert_eq!(json_of(&found.policies[0])["Statement"].as_array().unwrap().len(), 2);
    assert_eq!(found.policies[0].position(shared, found.policies[0].text.rfind("Allow").unwrap()).0, 2);

    let mut bomb = "Resources: {A: 'AWS::'}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", ")));
    }
    assert!(find(&bomb).unwrap_err().message.contains("more than 400000 values"));
    // Few values, but long ones.
    let mut long = format!("Resources: {{A: 'AWS::'}}\na: &a {}\nb: [", "x".repeat(1 << 20));
    long.push_str(&"*a, ".repeat(100_000));
    assert!(find(&(long + "]\n")).unwrap_err().message.contains("more than 400000 values"));
    // Copies that nest in each other, but stay few.
    let mut deep = "Resources: {A: 'AWS::'}\na0: &a0 [x]\n".to_owned();
    for level in 1..300 {
        deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(find(&deep).unwrap_err().message.contains("nests deeper than 128"));
    let cyclic = find("Resources: &r {A: 'AWS::', B: *r}").unwrap_err();
    assert_eq!(cyclic.message, "not YAML: an alias within what it stands for");
}

/// Little that would become much: a long value for a name that stands often, and functions in functions.
#[test]
fn substitution_is_bounded() {
    let found = |resource: &str| {
        let text = format!(
            r#"{{"Resources":{{"P":{{"Type":"AWS::IAM::Policy","Properties":{{"PolicyDocument":{{"Resource":{resource}}}}}}}}}}}"#
        );
        json_of(&contents(&text).policies[0])["Resource"].clone()
    };
    let often = |value: &str| format!(r#"{{"Fn::Sub":["{}",{{"A":"{value}"}}]}}"#, "${A}.".repeat(10_000));
    assert_eq!(found(&often("ab")).as_str().unwrap().len(), 30_000);
    assert_eq!(found(&often(&"a".repeat(200))), json!("*"));
    assert_eq!(found(&often(&"a".repeat(300))).as_str().unwrap().len(), 20_000);
    let mut nested = r#""x""#.to_owned();
    for _ in 0..60 {
        nested = format!(r#"{{"Fn::Sub":["${{A}}${{A}}",{{"A":{nested}}}]}}"#);
    }
    assert_eq!(found(&nested), json!("*"));
}

#[test]
fn depth_and_length_are_bounded() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("!Sub [", "]")] {
        let text = format!("Resources: AWS::X\nx:\n  {}y{}", open.repeat(100_000), close.repeat(100_000));
        let message = find(&text).unwrap_err().message;
        assert!(message.contains("deeper") || message.contains("recursion limit"), "{open}: {message}");
    }
    let tagged = format!("Resources: AWS::X\nx: {}", "!A ".repeat(100_000));
    assert!(find(&tagged).is_err());
    let enough = format!("Resources: AWS::X\nx: {}y{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(names(&contents(&enough)), [""; 0]);
    let nested =
        format!(r#"{{"Resources":{{"A":"::","B":{}1{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(find(&nested).is_err());
    let long = format!("Resources: AWS::X\nx: {}", "y".repeat(1 << 21));
    assert!(find(&long).unwrap_err().message.contains("no template has more"));
}

#[test]
fn an_error_says_where() {
    let text = "Resources:\n  é: AWS::X\n  b: [1,\n  c: }\n";
    let error = find(text).unwrap_err();
    assert!(error.message.starts_with("not YAML: "), "{}", error.message);
    assert_eq!(iamdb::policy::position(text, error.offset).0, 4);
    let error = find(
        "\u{feff}{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}, \"Resources\": [\"\\ud800\"]}",
    );
    assert!(error.is_ok() || error.unwrap_err().offset > 3);
    let null = "Resources:\n  A: AWS::X\n  Condition:\n    Null: {aws:TokenIssueTime: 'true'}\n";
    let error = find(null).unwrap_err();
    assert!(error.message.ends_with("write `\"Null\":`, with quotes"), "{}", error.message);
    assert_eq!(iamdb::policy::position(null, error.offset), (4, 5));
    assert!(find(&null.replace("Null", "\"Null\"")).is_ok());
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[a-z*:${}!-]{0,9}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec(("[A-Z][a-z]{0,3}", inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Without functions a policy is what it is in the template, whichever reader reads it; YAML reads JSON.
    #[test]
    fn a_document_without_functions_is_itself(statement in any_json()) {
        let document = json!({"Statement": [statement]});
        let has_ref = document.to_string().contains("\"Ref\"");
        let template = json!({"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}}}});
        let by_json = contents(&template.to_string());
        prop_assert!(has_ref || json_of(&by_json.policies[0]) == document);
        let mut by_yaml = contents(&format!("# AWS:: Resources\n{template:#}"));
        prop_assert_eq!(&by_json.policies[0].text, &by_yaml.policies.remove(0).text);
    }

    #[test]
    fn no_text_hurts(text in "[\\[\\]{}:,!&*|>'\"#\\-a-b \n\té]{0,60}") {
        for before in ["Resources: AWS::X\n", "{\"Resources\": ", "{\"format_version\": ", ""] {
            let whole = format!("{before}{text}");
            if let Err(error) = find(&whole) {
                prop_assert!(error.offset <= whole.len());
            }
        }
    }

    /// Every place of a document leads to a place of the template.
    #[test]
    fn every_place_is_in_the_file(offset in 0..2000_usize) {
        for found in contents(TEMPLATE).policies {
            let place = found.offset_in_file(offset).unwrap();
            prop_assert!(TEMPLATE.get(place..).is_some());
        }
    }
}

// Plans of Terraform.

fn plan(changes: Json) -> String {
    json!({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}).to_string()
}

fn change(of: &str, before: Json, after: Json, unknown: Json) -> Json {
    json!({"address": format!("{of}.x"), "mode": "managed", "type": of, "name": "x",
           "change": {"actions": ["update"], "before": before, "after": after, "after_unknown": unknown}})
}

#[test]
fn a_plan_has_both_sides() {
    let changes = plan_changes(&plan(json!([
        change("aws_iam_policy", json!({"policy": "{}"}), json!({"policy": "{\"Statement\":[]}"}), json!({})),
        change("aws_kms_key", Json::Null, json!({"description": "d"}), json!({"policy": true})),
        change("aws_sqs_queue", json!({"policy": ""}), json!({"policy": null}), json!({})),
        change("aws_iam_role",
               json!({"assume_role_policy": "{}", "inline_policy": [{"name": "a", "policy": "{}"}, {"name": "gone", "policy": "{}"}]}),
               json!({"assume_role_policy": "{}", "inline_policy": [{"name": "new \"1\""}, {"name": "a", "policy": "{}"}]}),
               json!({"inline_policy": [{"policy": true}, {}]})),
        change("aws_organizations_policy", json!({"content": "{}", "type": "RESOURCE_CONTROL_POLICY"}), Json::Null, json!({})),
        change("aws_instance", json!({"policy": "{}"}), Json::Null, json!({})),
        {"address": "data.aws_iam_policy.d", "mode": "data", "type": "aws_iam_policy", "change": {"after": {"policy": "{}"}}},
        {"address": "aws_s3_bucket_policy.b[0]", "type": "aws_s3_bucket_policy", "deposed": "4c", "change": {"before": {"policy": "{}"}}},
    ])))
    .unwrap();
    let text = |text: &str| Side::Text(text.to_owned());
    let listed: Vec<(&str, PolicyType, &Side, &Side)> = changes
        .iter()
        .map(|PlanChange { name, policy_type, before, after }| (name.as_str(), *policy_type, before, after))
        .collect();
    assert_eq!(
        listed,
        [
            ("aws_iam_policy.x", PolicyType::Identity, &text("{}"), &text("{\"Statement\":[]}")),
            ("aws_iam_role.x.assume_role_policy", PolicyType::Trust, &text("{}"), &text("{}")),
            ("aws_iam_role.x.inline_policy[\"a\"].policy", PolicyType::Identity, &text("{}"), &text("{}")),
            (
                "aws_iam_role.x.inline_policy[\"gone\"].policy",
                PolicyType::Identity,
                &text("{}"),
                &Side::Absent
            ),
            (
                "aws_iam_role.x.inline_policy[\"new \\\"1\\\"\"].policy",
                PolicyType::Identity,
                &Side::Absent,
                &Side::Unknown
            ),
            ("aws_kms_key.x", PolicyType::Resource(ResourceService::Kms), &Side::Absent, &Side::Unknown),
            ("aws_organizations_policy.x", PolicyType::Rcp, &text("{}"), &Side::Absent),
            (
                "aws_s3_bucket_policy.b[0] (deposed 4c)",
                PolicyType::Resource(ResourceService::ResourceRequired),
                &text("{}"),
                &Side::Absent
            ),
            (
                "aws_sqs_queue.x",
                PolicyType::Resource(ResourceService::ResourceRequired),
                &Side::Absent,
                &Side::Absent
            ),
        ]
    );
}

/// The provider `awscc` has CloudFormation's resources, and Lambda writes the statement of a permission.
#[test]
fn a_plan_has_the_policies_of_both_providers_and_permissions() {
    let document = "{\"Statement\":[]}";
    let after = json!({
        "policy_document": document, "key_policy": document, "content": document, "type": "RESOURCE_CONTROL_POLICY",
        "policies": [{"policy_name": "a", "policy_document": document}], "resource_policy": {"policy_document": document},
    });
    let of = [
        "s3_bucket_policy",
        "kms_key",
        "ec2_vpc_endpoint",
        "iam_group",
        "organizations_policy",
        "dynamodb_table",
        "s3_bucket",
    ];
    let changes = of.map(|of| change(&format!("awscc_{of}"), Json::Null, after.clone(), json!({})));
    let changes = plan_changes(&plan(json!(changes))).unwrap();
    let listed: Vec<(&str, PolicyType)> =
        changes.iter().map(|change| (change.name.as_str(), change.policy_type)).collect();
    assert_eq!(
        listed,
        [
            ("awscc_dynamodb_table.x", PolicyType::Resource(ResourceService::Other)),
            ("awscc_ec2_vpc_endpoint.x", PolicyType::VpcEndpoint),
            ("awscc_iam_group.x.policies[\"a\"].policy_document", PolicyType::Identity),
            ("awscc_kms_key.x", PolicyType::Resource(ResourceService::Kms)),
            ("awscc_organizations_policy.x", PolicyType::Rcp),
            ("awscc_s3_bucket_policy.x", PolicyType::Resource(ResourceService::ResourceRequired)),
        ]
    );
    assert!(changes.iter().all(|change| change.after == Side::Text(document.to_owned())), "{changes:?}");
    let permission = json!({"action": "lambda:InvokeFunction", "function_name": "f", "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b", "source_account": null});
    let changes = plan_changes(&plan(json!([
        change("aws_lambda_permission", Json::Null, permission.clone(), json!({"id": true})),
        change("awscc_lambda_permission", permission.clone(), Json::Null, json!({})),
    ])))
    .unwrap();
    let Side::Text(text) = &changes[0].after else { panic!("{changes:?}") };
    let statement = json!({
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Resource": "arn:*:lambda:*:*:function:f", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}
    });
    assert_eq!(serde_json::from_str::<Json>(text).unwrap()["Statement"], statement);
    assert_eq!(
        (&changes[0].before, &changes[1].before, &changes[1].after),
        (&Side::Absent, &changes[0].after, &Side::Absent)
    );
    // That of an alias is another one.
    let mut of_alias = permission.clone();
    of_alias["qualifier"] = json!("live");
    of_alias["invoked_via_function_url"] = json!(true);
    let changes =
        plan_changes(&plan(json!([change("aws_lambda_permission", permission, of_alias, json!({}))])));
    let Side::Text(text) = &changes.unwrap()[0].after else { panic!("it is known") };
    let statement = &serde_json::from_str::<Json>(text).unwrap()["Statement"];
    assert_eq!(statement["Resource"], "arn:*:lambda:*:*:function:f:live");
    assert_eq!(statement["Condition"]["Bool"], json!({"lambda:InvokedViaFunctionUrl": true}));
    let unknown = change(
        "aws_lambda_permission",
        Json::Null,
        json!({"action": "lambda:*"}),
        json!({"source_arn": true}),
    );
    assert_eq!(plan_changes(&plan(json!([unknown]))).unwrap()[0].after, Side::Unknown);
}

#[test]
fn a_plan_is_a_file_with_policies() {
    let contents = contents(&plan(json!([
        change("aws_iam_policy", Json::Null, json!({"policy": "{\"Statement\":7}"}), json!({})),
        change("aws_kms_key", Json::Null, json!({}), json!({"policy": true})),
    ])));
    assert_eq!(contents.kind, Kind::Plan);
    let found = policy(&contents, "aws_iam_policy.x");
    assert_eq!(found.offset_in_file(3), None);
    assert_eq!(found.position("", 3), (1, 4));
    assert_eq!(contents.unread[0].name, "aws_kms_key.x");
}

#[test]
fn a_state_has_policies_too() {
    let state = json!({"format_version": "1.0", "values": {"root_module": {
        "resources": [{"address": "aws_iam_policy.a", "mode": "managed", "type": "aws_iam_policy", "values": {"policy": "{}"}}],
        "child_modules": [{"address": "module.m", "child_modules": [{"resources": [
            {"address": "module.m.module.n.aws_vpc_endpoint.e", "type": "aws_vpc_endpoint", "values": {"policy": "{}"}}]}]}]}}});
    let contents = contents(&state.to_string());
    assert_eq!(names(&contents), ["aws_iam_policy.a", "module.m.module.n.aws_vpc_endpoint.e"]);
    let changes = plan_changes(&state.to_string()).unwrap();
    assert!(changes.iter().all(|change| change.before == change.after));
}

#[test]
fn what_is_no_plan_says_so() {
    let why = |text: &str| plan_changes(text).unwrap_err();
    assert!(why("{}").message.contains("no `resource_changes` and no `values`"));
    let error = why("{\"resource_changes\":\n [7]}");
    assert!(
        error.message.starts_with("not what `terraform show -json` prints: invalid type"),
        "{}",
        error.message
    );
    assert_eq!(error.offset, 23);
    assert!(why("").message.contains("EOF"));
}
