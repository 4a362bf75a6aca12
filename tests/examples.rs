//! The three policies that the project started from, kept under `examples/`: what they say is pinned here.

use std::fs;
use std::path::Path;

use iamdb::eval::{Decision, authorize};
use iamdb::layers::PolicyLayers;
use iamdb::policy::{Document, PolicyType, parse};
use iamdb::request::{Context, Value};
use serde_json::Value as Json;

use crate::asking;

const REPOSITORY: &str = "arn:aws:ecr:us-east-1:123456789012:repository/my-repo";

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)).unwrap()
}

fn layers(name: &str) -> PolicyLayers {
    let document: Json = serde_json::from_str(&text(name)).unwrap();
    asking::layers(&[document], &[])
}

/// What alice is answered.
fn ask(layers: &PolicyLayers, action: &str, resource: &str) -> Decision {
    let mut context = Context::default();
    context.set("aws:username", Value::Single("alice".to_owned()));
    authorize(layers, &asking::request(action, resource, context)).decision
}

#[test]
fn they_are_what_aws_accepts_and_keep_their_hashes() {
    let golden = [
        ("ecr-console-read-only.json", "7fdf3602dd2370aadbe945ee2cb78b227dc923c363f27a9b622890e2c377fdf6"),
        ("view-own-permissions.json", "cc478221490a8122b3c0db316d831728b9164d2febb141028cbd9e702c729463"),
        ("ecr-one-repository.json", "5c37c9c1fca2dd7f779f27bacc0e4f7f11f75c75f2d26dd45132a0ec7238f9cc"),
        ("ecr-one-repository-mfa.json", "03f24354fd85b30a026ab3c1ae565f1cd8e90c71f7c3f2ddf383ce8e4692fd16"),
    ];
    for (name, hash) in golden {
        let text = text(name);
        assert_eq!(parse(&text, PolicyType::Identity).diagnostics, [], "{name}");
        assert_eq!(Document::new(text).id().to_string(), hash, "{name}");
    }
}

/// Twelve read actions on every repository, and no action that writes.
#[test]
fn read_only_access_to_ecr() {
    let layers = layers("ecr-console-read-only.json");
    let reads = [
        "GetAuthorizationToken",
        "BatchCheckLayerAvailability",
        "GetDownloadUrlForLayer",
        "GetRepositoryPolicy",
        "DescribeRepositories",
        "ListImages",
        "DescribeImages",
        "BatchGetImage",
        "GetLifecyclePolicy",
        "GetLifecyclePolicyPreview",
        "ListTagsForResource",
        "DescribeImageScanFindings",
    ];
    for action in reads {
        assert_eq!(ask(&layers, &format!("ecr:{action}"), REPOSITORY), Decision::Allowed, "{action}");
    }
    for action in ["PutImage", "DeleteRepository", "SetRepositoryPolicy", "BatchDeleteImage"] {
        assert_eq!(
            ask(&layers, &format!("ecr:{action}"), REPOSITORY),
            Decision::ImplicitlyDenied,
            "{action}"
        );
    }
}

/// Five reads on the own user, eight list and get actions on everything.
#[test]
fn users_view_their_own_permissions() {
    let layers = layers("view-own-permissions.json");
    let own =
        ["GetUserPolicy", "ListGroupsForUser", "ListAttachedUserPolicies", "ListUserPolicies", "GetUser"];
    for action in own.map(|name| format!("iam:{name}")) {
        assert_eq!(
            ask(&layers, &action, "arn:aws:iam::123456789012:user/alice"),
            Decision::Allowed,
            "{action}"
        );
        assert_eq!(ask(&layers, &action, "arn:aws:iam::123456789012:user/bob"), Decision::ImplicitlyDenied);
        assert_eq!(ask(&layers, &action, "*"), Decision::ImplicitlyDenied, "{action}");
    }
    let anywhere = [
        "GetGroupPolicy",
        "GetPolicyVersion",
        "GetPolicy",
        "ListAttachedGroupPolicies",
        "ListGroupPolicies",
        "ListPolicyVersions",
        "ListPolicies",
        "ListUsers",
    ];
    for action in anywhere.map(|name| format!("iam:{name}")) {
        assert_eq!(ask(&layers, &action, "*"), Decision::Allowed, "{action}");
    }
}

/// Push, pull and list in one repository, and in no other.
#[test]
fn push_and_pull_in_one_repository() {
    let layers = layers("ecr-one-repository.json");
    let push = ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"];
    let pull = ["BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage"];
    let look = ["GetRepositoryPolicy", "DescribeRepositories", "ListImages", "DescribeImages"];
    let foreign = REPOSITORY.replace("my-repo", "other");
    for action in push.iter().chain(&pull).chain(&look).map(|name| format!("ecr:{name}")) {
        assert_eq!(ask(&layers, &action, REPOSITORY), Decision::Allowed, "{action}");
        assert_eq!(ask(&layers, &action, &foreign), Decision::ImplicitlyDenied, "{action}");
    }
    assert_eq!(ask(&layers, "ecr:GetAuthorizationToken", "*"), Decision::Allowed);
    assert_eq!(ask(&layers, "ecr:DeleteRepository", REPOSITORY), Decision::ImplicitlyDenied);
}
