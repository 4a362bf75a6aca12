//! iamdb: AWS IAM policies and the principals they are attached to, in one SQLite file that answers
//! questions exactly and offline.
//!
//! This page is a walk through the main types, from a text to a database that is asked about everybody. The program
//! `iamdb` is the module [`cli`], which does the same steps.
//!
//! # A text becomes a policy
//!
//! [`policy::parse`] reads a document as AWS does for one [`PolicyType`](policy::PolicyType). It is total: what cannot
//! be read is left out of the [`Policy`](policy::Policy) and becomes a [`Diagnostic`](policy::Diagnostic) with its place.
//!
//! ```
//! use iamdb::policy::{Effect, PolicyType, parse};
//!
//! let text = r#"{
//!     "Version": "2012-10-17",
//!     "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}
//! }"#;
//! let parsed = parse(text, PolicyType::Identity);
//! assert_eq!(parsed.policy.statements[0].effect, Effect::Allow);
//! assert!(parsed.diagnostics.is_empty());
//!
//! let misspelt = parse(&text.replace("Resource", "Resorce"), PolicyType::Identity);
//! assert!(misspelt.errors().next().is_some());
//! ```
//!
//! # One request is decided
//!
//! Whatever decides a request stands in [`PolicyLayers`](layers::PolicyLayers): identity policies, a boundary, the
//! resource's policy, service control policies, …. A [`Request`](request::Request) is complete: a context key that is
//! not in it is absent. [`eval::authorize`] gives the decision and every statement that applies; [`explain`] puts it in words.
//!
//! ```
//! use iamdb::caller::Caller;
//! use iamdb::eval::{Decision, authorize};
//! use iamdb::layers::{LayerPolicy, PolicyLayers};
//! use iamdb::policy::PolicyType;
//! use iamdb::request::{Action, Context, Request, Resource};
//!
//! let allow = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
//! let limit = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
//! let layers = PolicyLayers {
//!     identity: vec![LayerPolicy::read("all-of-s3", "inline policy", allow, PolicyType::Identity)],
//!     boundary: vec![LayerPolicy::read("only-read", "managed policy", limit, PolicyType::Boundary)],
//!     ..PolicyLayers::default()
//! };
//! let request = |action| Request {
//!     caller: Caller::parse("arn:aws:iam::123456789012:user/alice").unwrap(),
//!     action: Action::parse(action).unwrap(),
//!     resource: Resource::parse("arn:aws:s3:::reports/2026.csv").unwrap(),
//!     resource_account: None,
//!     context: Context::default(),
//! };
//! assert_eq!(authorize(&layers, &request("s3:GetObject")).decision, Decision::Allowed);
//! assert_eq!(authorize(&layers, &request("s3:PutObject")).decision, Decision::ImplicitlyDenied);
//! ```
//!
//! # A request of which not all is known
//!
//! A [`Question`](question::Question) leaves context keys open. Its [`Answer`](question::Answer) is the same in every
//! context, or says exactly when the request is allowed, with an example of each.
//!
//! ```
//! use iamdb::algebra::Budget;
//! use iamdb::caller::Caller;
//! use iamdb::catalog::Catalog;
//! use iamdb::context_keys::{is_always_present, key_kind};
//! use iamdb::knowledge::Knowledge;
//! use iamdb::layers::{LayerPolicy, PolicyLayers};
//! use iamdb::policy::PolicyType;
//! use iamdb::question::{Answer, KeyFacts, Question, answer};
//! use iamdb::request::{Action, Context, Request, Resource};
//!
//! let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*",
//!     "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}}"#;
//! let policy = LayerPolicy::read("with-mfa", "inline policy", text, PolicyType::Identity);
//! let (catalog, alice) = (Catalog::embedded(), Caller::parse("arn:aws:iam::123456789012:user/alice").unwrap());
//! let question = Question {
//!     layers: &PolicyLayers { identity: vec![policy], ..PolicyLayers::default() },
//!     knowledge: Knowledge::of(&alice),
//!     facts: KeyFacts {
//!         kind: &|key| key_kind(key, &catalog),
//!         always_present: &|key| is_always_present(key, &alice),
//!     },
//!     request: Request {
//!         caller: alice.clone(),
//!         action: Action::parse("s3:GetObject").unwrap(),
//!         resource: Resource::parse("arn:aws:s3:::reports/2026.csv").unwrap(),
//!         resource_account: None,
//!         context: Context::default(),
//!     },
//!     budget: Budget::default(),
//! };
//! let Answer::Depends(depends) = answer(&question)? else { panic!("it depends") };
//! assert_eq!(depends.keys, ["aws:MultiFactorAuthPresent"]);
//! # Ok::<(), iamdb::question::QuestionError>(())
//! ```
//!
//! # All requests
//!
//! [`compile`] turns policies into sets of requests, and an [`Analysis`](analysis::Analysis) asks about them: all that a
//! [`Subject`](analysis::Subject) may do, or what one may and another may not. Every [`Clause`](analysis::Clause) of an
//! answer has a request that the evaluator decided on both sides; none at all is a proof. [`tell`] puts clauses in words.
//!
//! ```
//! use iamdb::algebra::Budget;
//! use iamdb::analysis::{Analysis, Part, Verdict, alone};
//! use iamdb::catalog::Catalog;
//! use iamdb::compile::Typing;
//! use iamdb::layers::LayerPolicy;
//! use iamdb::policy::PolicyType;
//! use iamdb::tell::{Direction, Teller};
//!
//! let subject = |text: &str| {
//!     let policy = LayerPolicy::read("policy", "document", text, PolicyType::Identity);
//!     alone(vec![policy], PolicyType::Identity)
//! };
//! let old = subject(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#);
//! let new = subject(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#);
//!
//! let catalog = Catalog::embedded();
//! let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
//! let diff = analysis.diff(&old, &new, &Part::default())?;
//! assert_eq!((diff.verdict, diff.lost.len()), (Verdict::Wider, 0));
//!
//! let told = Teller::between(&catalog, &old, &new).tell(&diff.gained[0], Direction::Gained);
//! assert!(told.example.is_some());
//! # Ok::<(), iamdb::analysis::AnalysisError>(())
//! ```
//!
//! # The published checks
//!
//! A [`Validator`](validate::Validator) finds what IAM Access Analyzer's policy checks find, each
//! [`Finding`](validate::Finding) with its code and its place in the text.
//!
//! ```
//! use iamdb::catalog::Catalog;
//! use iamdb::policy::PolicyType;
//! use iamdb::validate::{Options, Validator};
//!
//! let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}"#;
//! let findings = Validator::new(&Catalog::embedded()).validate(text, &Options::new(PolicyType::Identity));
//! assert_eq!(findings[0].code, "PASS_ROLE_WITH_STAR_IN_RESOURCE");
//! ```
//!
//! # Keeping, and asking everybody
//!
//! A [`Store`](store::Store) is the file. [`import`] reads what AWS's own commands print; one change is made by one
//! [`write`](store::Store::write), all of it or nothing. A [`Snapshot`](store::Snapshot) is the state as of some change,
//! [`stored`] makes layers and callers of its rows, and [`who_can`](who_can::who_can()) asks everybody at once.
//!
//! ```
//! use iamdb::ask::Unsaid;
//! use iamdb::catalog::Catalog;
//! use iamdb::import::{Reading, apply};
//! use iamdb::request::{Action, Resource};
//! use iamdb::store::{At, Attribution, Store};
//! use iamdb::stored::Everyone;
//! use iamdb::who_can::{Question, who_can};
//!
//! // What `aws iam get-account-authorization-details` prints, with one user.
//! let dump = r#"{"UserDetailList": [{
//!     "UserName": "alice", "Path": "/", "UserId": "AIDA1", "Arn": "arn:aws:iam::123456789012:user/alice",
//!     "CreateDate": "2026-01-01T00:00:00Z", "GroupList": [], "AttachedManagedPolicies": [],
//!     "UserPolicyList": [{"PolicyName": "read", "PolicyDocument": {
//!         "Version": "2012-10-17",
//!         "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}
//!     }}]
//! }], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
//! let mut reading = Reading::new();
//! reading.add("dump.json", dump.as_bytes())?;
//! let estate = reading.finish()?;
//!
//! let mut store = Store::in_memory()?;
//! let now = "2026-11-27T12:00:00Z".parse()?;
//! let by = Attribution { actor: "ada".to_owned(), time: now, command: "a walk".to_owned() };
//! let (outcome, change) = store.write(&by, |writer| {
//!     let outcome = apply(writer, &estate, &mut |_progress| {})?;
//!     let summary = outcome.summary();
//!     Ok::<_, iamdb::import::ImportError>((outcome, summary))
//! })?;
//! assert!(change.is_some() && outcome.warnings.is_empty());
//!
//! let snapshot = store.read(At::Now)?;
//! let catalog = Catalog::embedded();
//! let question = Question {
//!     action: Action::parse("s3:GetObject").unwrap(),
//!     resource: Resource::parse("arn:aws:s3:::reports/2026.csv").unwrap(),
//!     resource_account: None,
//!     given: Vec::new(),
//!     unsaid: Unsaid::Unknown,
//!     now,
//!     catalog: &catalog,
//!     known_action: None,
//! };
//! let everyone = Everyone::read(&snapshot)?;
//! let answers = who_can(&snapshot, &everyone, &question)?;
//! let allowed = answers.askers.iter().filter(|asker| answers.answers[asker.answer].allowed().is_some());
//! assert!(allowed.count() > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The modules
//!
//! They stand in reading order; each may use only those above it.
//!
//! * The words, what a policy says: [`arn`], [`pattern`], [`policy`] (and where there are some in other files, [`embedded`]), [`caller`], [`request`], [`layers`].
//! * The meaning of one request: [`eval`], and in words: [`explain`].
//! * Exact sets of points of any kind: [`algebra`].
//! * Facts about AWS, for showing, suggesting and the kinds of keys, never for deciding: [`catalog`],
//!   [`context_keys`].
//! * What follows from who asks: [`knowledge`].
//! * The meaning of all requests, as sets: [`compile`]; of one request that leaves context keys unsaid: [`question`];
//!   questions about all requests: [`analysis`], and the answers in words and as JSON: [`tell`].
//! * The published policy checks: [`validate`].
//! * A request with all its policies, as one JSON object: [`scenario`].
//! * Keeping: [`store`], and [`stored`], which turns rows back into words; [`import`], which turns AWS's own
//!   output into rows, and [`export`], which turns rows into that output again.
//! * A whole question and its reply: [`ask`]; of everybody at once: [`who_can`]; who gained and lost
//!   what: [`access_change`].
//! * Talking: [`cli`].

pub mod arn;
pub mod pattern;
pub mod policy;
pub mod embedded;
pub mod caller;
pub mod request;
pub mod layers;
pub mod eval;
pub mod explain;
pub mod algebra;
pub mod catalog;
pub mod context_keys;
pub mod knowledge;
pub mod compile;
pub mod question;
pub mod analysis;
pub mod tell;
pub mod validate;
pub mod scenario;
pub mod store;
pub mod stored;
pub mod import;
pub mod export;
pub mod ask;
pub mod who_can;
pub mod access_change;
pub mod cli;
