//! The catalogue: that its data file keeps everything, holds what AWS says, and cannot hurt when damaged.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use iamdb::catalog::{
    AccessLevel, Action, ActionResource, Catalog, CatalogError, ConditionKey, Contents, KeyKind, KeyType,
    Query, ResourceType, Service,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use sha2::{Digest, Sha256};

const EMBEDDED: &[u8] = include_bytes!("../src/catalog/catalog.bin");

fn service(prefix: &str) -> Arc<Service> {
    Catalog::embedded().service(prefix).expect("a service of AWS")
}

fn action(service_prefix: &str, name: &str) -> Action {
    service(service_prefix).action(name).expect("an action of AWS").clone()
}

// What is embedded.

#[test]
fn the_embedded_data_is_whole() {
    let catalog = Catalog::parse(EMBEDDED).unwrap();
    let services: Vec<_> = catalog.service_prefixes().map(|p| catalog.service(p).unwrap()).collect();
    assert_eq!(catalog.version(), "0.21.202608211");
    assert_eq!(services.len(), 455);
    assert_eq!(services.iter().map(|s| s.actions.len()).sum::<usize>(), 21_788);
    assert_eq!(services.iter().map(|s| s.resource_types.len()).sum::<usize>(), 2_300);
    assert_eq!(services.iter().map(|s| s.condition_keys.len()).sum::<usize>(), 2_545);
    assert_eq!(catalog.rcp_services().count(), 44);
    assert!(catalog.rcp_services().all(|prefix| catalog.service(prefix).is_some()));
    assert!(EMBEDDED.len() < 400_000);
}

/// Whoever follows a name found in the catalogue arrives.
#[test]
fn the_embedded_data_refers_only_to_itself() {
    let catalog = Catalog::embedded();
    for service in catalog.service_prefixes().filter_map(|prefix| catalog.service(prefix)) {
        let has_key = |key: &String| service.condition_keys.iter().any(|known| known.name == *key);
        assert!(service.resource_types.iter().flat_map(|r| &r.keys).all(has_key));
        for action in &service.actions {
            assert!(action.keys.iter().all(has_key));
            for resource in &action.resources {
                assert!(resource.keys.iter().all(has_key));
                assert!(service.resource_type(&resource.type_name).is_some());
            }
        }
    }
}

/// Only where the reference is at hand, which is not part of this repository.
#[test]
fn the_embedded_data_is_a_fresh_encoding_of_the_reference() {
    let reference =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/catalog/service-authorization.json");
    let Ok(json) = fs::read_to_string(reference) else { return };
    let contents = Contents::from_json(&json).unwrap();
    let catalog = Catalog::embedded();
    let embedded: Vec<_> = catalog.service_prefixes().filter_map(|p| catalog.service(p)).collect();
    assert!(
        embedded.iter().map(|service| &**service).eq(&contents.services),
        "rebuild it: cargo run --release --example build-catalog"
    );
    assert!(
        EMBEDDED == contents.encode().unwrap(),
        "rebuild it: cargo run --release --example build-catalog"
    );
}

#[test]
fn services_and_actions_are_found_whatever_their_case() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.service("S3").unwrap().name, "Amazon S3");
    assert_eq!(service("s3").action("getOBJECT").unwrap().name, "GetObject");
    assert!(service("s3").action("GetObjekt").is_none());
    assert!(catalog.service("").is_none());
    assert!(catalog.service("s4").is_none());
}

#[test]
fn well_known_actions() {
    let put_image = action("ecr", "PutImage");
    assert_eq!(put_image.access, AccessLevel::Write);
    assert_eq!(put_image.resources.iter().map(|r| r.type_name.as_str()).collect::<Vec<_>>(), ["repository"]);
    assert!(put_image.needs_resource() && !put_image.is_wildcard_only());

    assert!(action("ecr", "GetAuthorizationToken").is_wildcard_only());
    assert!(action("s3", "ListAllMyBuckets").is_wildcard_only());
    assert!(!action("s3", "ListAllMyBuckets").needs_resource());

    let get_user = action("iam", "GetUser");
    assert_eq!(get_user.resources.iter().map(|r| r.type_name.as_str()).collect::<Vec<_>>(), ["user"]);
    assert_eq!(
        service("iam").resource_type("user").unwrap().arns,
        ["arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"]
    );
    assert_eq!(action("iam", "PutRolePolicy").access, AccessLevel::PermissionsManagement);
}

#[test]
fn kinds_of_keys() {
    let catalog = Catalog::embedded();
    let kind = |key: &str| catalog.key_kind(key).map(|kind| kind.to_string());
    for (key, expected) in [
        ("s3:prefix", "String"),
        ("S3:PREFIX", "String"),
        ("s3:max-keys", "Numeric"),
        ("s3:DataAccessPointArn", "ARN"),
        ("s3:RequestObjectTagKeys", "ArrayOfString"),
        ("s3:object-lock-retain-until-date", "Date"),
        ("s3:ExistingObjectTag/team", "String"),
        ("s3:existingobjecttag/a/b", "String"),
        ("kms:EncryptionContext:app", "String"),
        ("kms:GrantIsForAWSResource", "Bool"),
        ("dynamodb:LeadingKeys", "ArrayOfString"),
        ("codebuild:secondaryArtifacts/one.encryptionDisabled", "Bool"),
        ("sts:SourceIdentity", "String"),
    ] {
        assert_eq!(kind(key).as_deref(), Some(expected), "{key}");
    }
    for unknown in [
        "",
        "s3",
        "s3:",
        ":prefix",
        "s3:nosuchkey",
        "s3:ExistingObjectTag",
        "nosuch:prefix",
        "aws:SourceIp",
        "s3:aws:TagKeys",
        "codebuild:secondaryArtifacts/one.nosuch",
        "é:é",
    ] {
        assert_eq!(kind(unknown), None, "{unknown}");
    }
    let saml = service("sts");
    assert_eq!(saml.condition_key("saml:aud").unwrap().kind, KeyKind::parse("String").unwrap());
}

#[test]
fn words_are_read_as_they_are_written() {
    for level in AccessLevel::ALL {
        assert_eq!(AccessLevel::parse(&level.to_string()), Some(level));
    }
    for base in KeyType::ALL {
        for multivalued in [false, true] {
            let kind = KeyKind { base, multivalued };
            assert_eq!(KeyKind::parse(&kind.to_string()), Some(kind));
        }
    }
    assert_eq!(AccessLevel::PermissionsManagement.to_string(), "Permissions management");
    assert_eq!(KeyKind::parse("ArrayOfIPAddress").unwrap().base, KeyType::IpAddress);
    assert_eq!(KeyKind::parse("ArrayOf"), None);
}

// Suggestions.

#[test]
fn slips_find_what_was_meant() {
    let catalog = Catalog::embedded();
    for (slip, meant) in [
        ("s3:GetObjct", "s3:GetObject"),
        ("s3:getobjct", "s3:GetObject"),
        ("S3:GetObejct", "s3:GetObject"),
        ("ecr:PutImag", "ecr:PutImage"),
        ("ecrr:PutImage", "ecr:PutImage"),
        ("ecs:PutImage", "ecr:PutImage"),
        ("lamda:InvokeFuncton", "lambda:InvokeFunction"),
        ("secretmanager:GetSecretValue", "secretsmanager:GetSecretValue"),
        ("ec2:DescribeInstnaces", "ec2:DescribeInstances"),
        ("GetObject", "s3:GetObject"),
        ("getobjct", "s3:GetObject"),
        ("cloudwatchlogs:DescribeLogGroups", "logs:DescribeLogGroups"),
    ] {
        let suggestions = catalog.suggest_actions(slip, 3);
        assert_eq!(suggestions.first().map(String::as_str), Some(meant), "{slip}: {suggestions:?}");
    }
}

#[test]
fn nothing_is_suggested_where_nothing_is_near_or_nothing_is_wrong() {
    let catalog = Catalog::embedded();
    for action in
        ["", ":", "s3:", "s3:*", "s3:Frobnicate", "nosuch:Frobnicate", "é:é", "s3:GetObject", "S3:getobject"]
    {
        assert_eq!(catalog.suggest_actions(action, 3), [""; 0], "{action}");
    }
    assert_eq!(catalog.suggest_actions("s3:GetObjct", 0), [""; 0]);
    assert_eq!(catalog.suggest_actions("GetObject", 2).len(), 2);
    assert_eq!(catalog.suggest_actions(&"x".repeat(1 << 20), 3), [""; 0]);
}

// The data file.

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(".{0,6}", 0..4)
}

fn any_service() -> impl Strategy<Value = Service> {
    let resource = (".{0,6}", any::<bool>(), texts())
        .prop_map(|(type_name, required, keys)| ActionResource { type_name, required, keys });
    let action = (".{0,6}", select(&AccessLevel::ALL[..]), vec(resource, 0..4), texts())
        .prop_map(|(name, access, resources, keys)| Action { name, access, resources, keys });
    let resource_type =
        (".{0,6}", texts(), texts()).prop_map(|(name, arns, keys)| ResourceType { name, arns, keys });
    let condition_key = (".{0,6}", select(&KeyType::ALL[..]), any::<bool>())
        .prop_map(|(name, base, multivalued)| ConditionKey { name, kind: KeyKind { base, multivalued } });
    (".{0,200}", vec(action, 0..6), vec(resource_type, 0..4), vec(condition_key, 0..4)).prop_map(
        |(name, actions, resource_types, condition_keys)| Service {
            prefix: String::new(),
            name,
            actions,
            resource_types,
            condition_keys,
        },
    )
}

fn any_contents() -> impl Strategy<Value = Contents> {
    (".{0,9}", texts(), btree_map("[a-z0-9-]{1,9}", any_service(), 0..5)).prop_map(
        |(version, rcp_services, services)| Contents {
            version,
            rcp_services,
            services: services.into_iter().map(|(prefix, service)| Service { prefix, ..service }).collect(),
        },
    )
}

fn unpacked(catalog: &Catalog) -> Contents {
    Contents {
        version: catalog.version().to_owned(),
        rcp_services: catalog.rcp_services().map(str::to_owned).collect(),
        services: catalog.service_prefixes().filter_map(|of| Some((*catalog.service(of)?).clone())).collect(),
    }
}

/// Gives a file that was tampered with the digest of its contents, so that the reader looks at them.
fn sealed(mut file: Vec<u8>) -> Vec<u8> {
    if let Some((head, body)) = file.split_at_mut_checked(48) {
        head[16..].copy_from_slice(&Sha256::digest(body));
    }
    file
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(contents in any_contents()) {
        let bytes = contents.encode().unwrap();
        prop_assert_eq!(&unpacked(&Catalog::parse(bytes.clone()).unwrap()), &contents);
        let shuffled = Contents { services: contents.services.iter().rev().cloned().collect(), ..contents };
        prop_assert_eq!(shuffled.encode().unwrap(), bytes);
    }

    #[test]
    fn every_cut_is_noticed(contents in any_contents(), at in any::<prop::sample::Index>()) {
        let bytes = contents.encode().unwrap();
        let cut = bytes[..at.index(bytes.len())].to_vec();
        prop_assert!(Catalog::parse(cut.clone()).is_err());
        prop_assert!(Catalog::parse(sealed(cut)).is_err());
    }

    #[test]
    fn every_change_is_noticed_and_none_hurts(
        contents in any_contents(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let original = contents.encode().unwrap();
        let mut bytes = original.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert_eq!(Catalog::parse(bytes.clone()).is_ok(), bytes == original);
        // With a matching digest the file may be a catalogue; then it answers.
        if let Ok(catalog) = Catalog::parse(sealed(bytes)) {
            unpacked(&catalog);
            catalog.suggest_actions("a", 3);
        }
    }

    #[test]
    fn other_bytes_are_refused(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(matches!(Catalog::parse(bytes), Err(CatalogError::NotACatalogue)));
    }
}

/// A count or length that would need more memory than the file can justify is refused before it is believed.
#[test]
fn lengths_are_not_believed() {
    let file = |body: &[u8]| sealed([b"iamdb-catalog/1\n", &[0; 32][..], body].concat());
    let why = |body: &[u8]| Catalog::parse(file(body)).unwrap_err().to_string();
    let huge = [0xff, 0xff, 0xff, 0x7f];
    assert!(Catalog::parse(file(&[0, 0, 0])).is_ok());
    assert!(why(&huge).contains("it ends too early"));
    assert!(why(&[&[0][..], &huge].concat()).contains("it ends too early"));
    assert!(why(&[&[0, 0][..], &huge].concat()).contains("it ends too early"));
    assert!(why(&[0xff; 9]).contains("a number is out of range"));
    assert!(why(&[&[0, 0, 1, 1, b'a', 0][..], &huge].concat()).contains("larger than 1 MiB"));
    assert!(why(&[0, 0, 1, 1, b'a', 9, 9]).contains("do not fill the file"));
    assert!(why(&[0, 0, 1, 1, b'A', 0, 0]).contains("a service prefix has other characters"));
    assert!(why(&[0, 0, 0, 7]).contains("do not fill the file"));
    assert!(why(&[0, 0, 1, 1, b'a', 1, 9, 0x55]).contains("service `a`"));
}

#[test]
fn two_services_of_one_prefix_are_refused() {
    let contents = Contents {
        version: "1".to_owned(),
        rcp_services: Vec::new(),
        services: vec![(*service("sts")).clone(); 2],
    };
    assert!(contents.encode().unwrap_err().to_string().contains("one stands there twice"));
}

#[test]
fn json_with_anything_unknown_is_refused() {
    let read = |action: &str| {
        let json = format!(
            r#"{{"version":"1","rcp_services":[],"services":{{"a":{{"name":"A","actions":{{"Do":{action}}},
            "resource_types":{{}},"condition_keys":{{}}}}}}}}"#
        );
        Contents::from_json(&json).map_err(|error| error.to_string())
    };
    assert_eq!(read(r#"{"access":"Read"}"#).unwrap().services[0].actions[0].access, AccessLevel::Read);
    assert!(
        read(r#"{"access":"Glance"}"#).unwrap_err().contains("`Glance` is no known access level at line 1")
    );
    assert!(read(r#"{"access":"Read","dependents":[]}"#).unwrap_err().contains("unknown field `dependents`"));
}

// AWS's Service Reference.

/// A service that the older catalogue knows, and one that it does not.
fn reference() -> Vec<(String, String)> {
    let index = r#"[{"service":"ecr","url":"https://example.com/ecr.json"},{"service":"new","url":"…"}]"#;
    let ecr = r#"{"Name":"ecr","Version":"v1.4","Operations":[],
        "Actions":[{"Name":"PutImage","ActionConditionKeys":["aws:ResourceTag/${TagKey}"],
                    "Annotations":{"Properties":{"IsList":false,"IsPermissionManagement":false,"IsTaggingOnly":false,"IsWrite":true}},
                    "Resources":[{"Name":"repository"}],"SupportedBy":{}},
                   {"Name":"ListImages","Resources":[{"Name":"repository"}]}],
        "ConditionKeys":[{"Name":"aws:ResourceTag/${TagKey}","Types":["String"]}],
        "Resources":[{"Name":"repository","ARNFormats":["arn:${Partition}:ecr:${Region}:${Account}:repository/${Name}"],
                      "ConditionKeys":["aws:ResourceTag/${TagKey}"]}]}"#;
    let new = r#"{"Name":"new","Actions":[
        {"Name":"Grant","Annotations":{"Properties":{"IsPermissionManagement":true,"IsWrite":true}},"Resources":[{"Name":"thing"}]},
        {"Name":"TagThing","Annotations":{"Properties":{"IsTaggingOnly":true,"IsWrite":true}}},
        {"Name":"ListThings","Annotations":{"Properties":{"IsList":true}}},
        {"Name":"GetThing","Annotations":{"Properties":{"IsWrite":false}}}],
        "ConditionKeys":[{"Name":"new:Keys","Types":["ArrayOfString","String"]}],
        "Resources":[{"Name":"thing"}]}"#;
    [("index.json", index), ("ecr.json", ecr), ("new.json", new)]
        .map(|(name, json)| (name.to_owned(), json.to_owned()))
        .to_vec()
}

#[test]
fn the_service_reference_becomes_a_catalogue() {
    let older = Catalog::embedded();
    let contents = Contents::from_service_reference(&reference(), "2026-11-20", &older).unwrap();
    let catalog = Catalog::from_bytes(contents.encode().unwrap()).unwrap();
    assert_eq!(catalog.version(), "2026-11-20");
    assert!(catalog.rcp_services().eq(older.rcp_services()));
    let ecr = catalog.service("ecr").unwrap();
    assert_eq!(ecr.name, "Amazon Elastic Container Registry");
    assert_eq!(
        ecr.actions.iter().map(|action| action.name.as_str()).collect::<Vec<_>>(),
        ["ListImages", "PutImage"]
    );
    // What the reference does not say is what was known before.
    assert_eq!(
        ecr.action("ListImages").unwrap().access,
        older.service("ecr").unwrap().action("ListImages").unwrap().access
    );
    let put_image = ecr.action("PutImage").unwrap();
    assert!(put_image.needs_resource());
    assert_eq!(put_image.access, AccessLevel::Write);
    assert_eq!(put_image.keys, ["aws:ResourceTag/${TagKey}"]);
    assert_eq!(ecr.resource_type("repository").unwrap().arns.len(), 1);
    let new = catalog.service("new").unwrap();
    let levels: Vec<AccessLevel> = new.actions.iter().map(|action| action.access).collect();
    assert_eq!(
        levels,
        [AccessLevel::Read, AccessLevel::PermissionsManagement, AccessLevel::List, AccessLevel::Tagging]
    );
    assert!(!new.action("Grant").unwrap().needs_resource());
    assert!(catalog.key_kind("new:Keys").unwrap().multivalued);
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    let older = Catalog::embedded();
    let mut files = reference();
    let one = Contents::from_service_reference(&files, "1", &older).unwrap().encode().unwrap();
    files.reverse();
    assert_eq!(Contents::from_service_reference(&files, "1", &older).unwrap().encode().unwrap(), one);
}

#[test]
fn what_is_no_service_reference_is_refused_with_the_file() {
    let why = |files: Vec<(String, String)>| {
        Contents::from_service_reference(&files, "1", &Catalog::embedded()).unwrap_err().to_string()
    };
    let replaced = |from: &str, to: &str| {
        why(reference().into_iter().map(|(name, json)| (name, json.replace(from, to))).collect())
    };
    assert_eq!(
        why(reference().into_iter().take(2).collect()),
        "the list of services names some that have no file: new"
    );
    let not_ecr = |json: &str| why(vec![("ecr.json".to_owned(), json.to_owned())]);
    for json in ["{}", "{\"Name\"", "7", r#"{"Name":"ecr"}"#, r#"[{"service":7}]"#] {
        assert!(not_ecr(json).starts_with("`ecr.json` is no file of AWS's Service Reference: "), "{json}");
    }
    assert!(replaced("ArrayOfString", "Colour").contains("`Colour` is no known type of a condition key"));
    assert!(replaced(r#"["ArrayOfString","String"]"#, "[]").contains("`new:Keys` has no type"));
    assert!(replaced("ListImages", "Unheard").contains("nothing says the access level of `Unheard`"));
}

// Asking.

#[test]
fn actions_are_found_by_pattern_level_type_and_key() {
    let catalog = Catalog::embedded();
    let found = |query: Query| -> Vec<String> {
        let found = catalog.find(&query).unwrap();
        let named = found.iter().flat_map(|found| {
            found.actions().map(|action| format!("{}:{}", found.service.prefix, action.name))
        });
        named.collect()
    };
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let by = |actions: &[&str]| Query { actions: texts(actions), ..Query::default() };
    assert_eq!(found(by(&["s3:getobject"])), ["s3:GetObject"]);
    assert_eq!(found(by(&["S3:GetObjectA?l", "iam:passrole"])), ["iam:PassRole", "s3:GetObjectAcl"]);
    assert_eq!(found(by(&["passrole"])), ["iam:PassRole"]);
    assert_eq!(found(by(&["s3:"])), [""; 0]);
    let all = found(by(&[]));
    assert_eq!(all.len(), 21_788);
    assert_eq!(found(by(&["*"])), all);
    // The parts of a question narrow each other.
    let tagging = Query { levels: vec![AccessLevel::Tagging], ..by(&["ecr:*"]) };
    assert_eq!(found(tagging.clone()), ["ecr:TagResource", "ecr:UntagResource"]);
    assert_eq!(found(Query { resource_types: texts(&["nosuch"]), ..tagging }), [""; 0]);
    let on_bucket = found(Query { resource_types: texts(&["BUCKET"]), ..by(&["s3:*"]) });
    assert!(
        on_bucket.contains(&"s3:ListBucket".to_owned()) && !on_bucket.contains(&"s3:GetObject".to_owned())
    );
    // A key as a policy writes it, as the catalogue does, as a pattern; of the action or of its resource type.
    for key in ["s3:ExistingObjectTag/team", "s3:existingobjecttag/<key>", "s3:Existing*"] {
        let found = found(Query { keys: texts(&[key]), ..by(&["s3:GetObject", "s3:ListBucket"]) });
        assert_eq!(found, ["s3:GetObject"], "{key}");
    }
    let of_type = Query { keys: texts(&["ec2:ResourceTag/team"]), ..by(&["ec2:TerminateInstances"]) };
    assert_eq!(found(of_type), ["ec2:TerminateInstances"]);
}
