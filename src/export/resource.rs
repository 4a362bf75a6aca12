//! Resources as a list of `{"ResourceArn", "AccountId", "Policy", "Tags"}`: unlike an object of policies by ARN it
//! says whose a bucket is, and its tags.

use std::io::Write;

use serde::Serialize;

use super::document::Printed;
use super::gaad::Tag;
use super::{Export, ExportError, Open};

/// Files are no longer than this, since a list that is read is held as a whole.
const ENOUGH: usize = 4 << 20;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    resource_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Printed>,
    tags: Vec<Tag>,
}

impl Export<'_, '_> {
    /// Writes all resources, in as many files as it takes.
    pub(super) fn resources(&mut self, open: &mut Open<'_>) -> Result<(), ExportError> {
        let (mut lines, mut files) = (Vec::new(), 0);
        for resource in self.now.resources()? {
            let tags = self.now.resource_tags(resource.key)?;
            lines.extend_from_slice(if lines.is_empty() { b"[\n" } else { b",\n" });
            let listed = Listed {
                resource_arn: resource.arn,
                account_id: resource.account.map(|account| account.to_string()),
                policy: resource.policy.as_ref().map(Printed::from),
                tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
            };
            serde_json::to_writer(&mut lines, &listed)?;
            self.counts.resources += 1;
            if lines.len() > ENOUGH {
                write(&mut lines, &mut files, open)?;
            }
        }
        if lines.is_empty() { Ok(()) } else { write(&mut lines, &mut files, open) }
    }
}

/// `resources.json`, `resources-2.json`, …
fn write(lines: &mut Vec<u8>, files: &mut usize, open: &mut Open<'_>) -> Result<(), ExportError> {
    *files += 1;
    let name = if *files == 1 { "resources.json".to_owned() } else { format!("resources-{files}.json") };
    lines.extend_from_slice(b"\n]\n");
    let mut file = open(&name)?;
    file.write_all(lines)?;
    lines.clear();
    Ok(file.flush()?)
}
