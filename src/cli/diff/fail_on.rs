//! `--fail-on`: which differences count for the exit code.

use super::super::exit::Exit;
use crate::catalog::AccessLevel;
use crate::tell::{Told, level_name, severity};

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// Whatever was gained or lost.
    Any,
    /// What was gained.
    Gained,
    /// What was gained of this level or worse.
    GainedAtLeast(AccessLevel),
    /// What was lost.
    Lost,
    /// Nothing.
    None,
}

impl FailOn {
    pub(super) fn parse(text: &str) -> Result<FailOn, String> {
        let level = |name: &str| AccessLevel::ALL.into_iter().find(|level| level_name(Some(*level)) == name);
        match (text, text.strip_prefix("gained:").and_then(level)) {
            ("any", _) => Ok(FailOn::Any),
            ("gained", _) => Ok(FailOn::Gained),
            ("lost", _) => Ok(FailOn::Lost),
            ("none", _) => Ok(FailOn::None),
            (_, Some(level)) => Ok(FailOn::GainedAtLeast(level)),
            _ => Err("expected any, gained, gained:LEVEL, lost or none, and list, read, tagging, write or \
                      permissions-management for LEVEL"
                .to_owned()),
        }
    }

    /// The exit code: by what is certain, then by what is possible.
    pub(super) fn exit<'t>(
        self,
        gained: impl Iterator<Item = &'t Told>,
        lost: impl Iterator<Item = &'t Told>,
    ) -> Exit {
        let gained = gained.filter(|told| self.counts_gained(told));
        let lost = lost.filter(|_| matches!(self, FailOn::Any | FailOn::Lost));
        let worst = gained.chain(lost).map(|told| told.example.is_some()).max();
        match worst {
            Some(true) => Exit::No,
            Some(false) => Exit::Undecided,
            None => Exit::Yes,
        }
    }

    /// The exit code where besides there are policies of which nothing is known: they may differ in any way.
    pub(super) fn exit_of_unknown(self, of_known: Exit) -> Exit {
        match (self, of_known) {
            (FailOn::None, _) | (_, Exit::No) => of_known,
            _ => Exit::Undecided,
        }
    }

    /// Actions that the catalogue does not know may be the worst.
    fn counts_gained(self, told: &Told) -> bool {
        match self {
            FailOn::Any | FailOn::Gained => true,
            FailOn::GainedAtLeast(least) => told.level.is_none_or(|level| severity(level) >= severity(least)),
            FailOn::Lost | FailOn::None => false,
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn reads_what_counts() {
        assert_eq!(FailOn::parse("gained:write"), Ok(FailOn::GainedAtLeast(AccessLevel::Write)));
        assert_eq!(FailOn::parse("any"), Ok(FailOn::Any));
        assert!(FailOn::parse("gained:everything").is_err());
        assert!(FailOn::parse("lost:write").is_err());
    }
}
