//! Actions as sets (R-ACT-1 to 10).

use super::{Compiler, Level, Outcome};
use crate::algebra::diagram::Predicate;
use crate::algebra::{Chars, Exhausted, Glob, Language, Meter, Piece, Set};
use crate::pattern::{Pattern, Piece as Written};
use crate::policy::{ActionPattern, Selector, Spanned};

impl Compiler {
    /// The requests whose action an element selects (R-ACT-6).
    pub(super) fn actions(&mut self, action: &Selector<ActionPattern>) -> Outcome<Set> {
        match action {
            Selector::In(entries) => self.any_action(entries),
            Selector::NotIn(entries) => {
                let listed = self.any_action(entries)?;
                Ok(self.arena.complement(listed)?)
            }
        }
    }

    /// The requests whose action matches some entry: all names of a service are read at once.
    pub(super) fn any_action(&mut self, entries: &[Spanned<ActionPattern>]) -> Outcome<Set> {
        let mut services: Vec<(Option<String>, Vec<Glob>)> = Vec::new();
        for entry in entries {
            let (service, name) = match &entry.value {
                ActionPattern::Every => return Ok(Set::FULL),
                ActionPattern::Named { service, name } => {
                    (service.as_ref().map(|service| service.to_ascii_lowercase()), name)
                }
            };
            match services.iter_mut().find(|(known, _)| *known == service) {
                Some((_, names)) => names.push(glob(name)),
                None => services.push((service, vec![glob(name)])),
            }
        }
        let mut sets = Vec::new();
        for (service, names) in services {
            let mut predicates: Vec<(Level, Predicate)> = Vec::new();
            let meter = self.arena.meter();
            let name = language_of_names(&names, meter);
            predicates.push((Level::Name, name.map_err(|what| Self::exhausted(Level::Name, what))?.into()));
            if let Some(service) = service {
                let service = Language::of(&Glob::literal(&service), self.arena.meter());
                predicates.push((
                    Level::Service,
                    service.map_err(|what| Self::exhausted(Level::Service, what))?.into(),
                ));
            }
            sets.push(self.arena.all_of(predicates)?);
        }
        Ok(self.arena.union(sets)?)
    }
}

/// The names that match some pattern. No action has an empty name, so that of none counts as any long one of letters
/// that no pattern has: sets are equal exactly if they are on the names there are.
fn language_of_names(globs: &[Glob], meter: &mut Meter) -> Result<Language, Exhausted> {
    let is_wild = |piece: &Piece| matches!(piece, Piece::Many(Chars::Any) | Piece::One(Chars::Any));
    let has_star = |glob: &Glob| glob.pieces().iter().any(|piece| matches!(piece, Piece::Many(_)));
    let takes_any_long = |glob: &Glob| has_star(glob) && glob.pieces().iter().all(is_wild);
    if globs.iter().any(takes_any_long) {
        let mut with_none = globs.to_vec();
        with_none.push(Glob::default());
        return Language::any_of(&with_none, meter);
    }
    Language::any_of(globs, meter)
}

/// The name of an action, in lower case.
fn glob(name: &Pattern) -> Glob {
    let mut glob = Glob::default();
    for piece in name.pieces() {
        match piece {
            Written::Text(text) => {
                glob.extend(text.chars().map(|c| Piece::One(Chars::Only(c.to_ascii_lowercase()))));
            }
            Written::Star => glob.extend([Piece::Many(Chars::Any)]),
            Written::Question => glob.extend([Piece::One(Chars::Any)]),
            // R-ACT-7: no variable is read in an action.
            Written::Variable(variable) => {
                glob.extend(variable.key.chars().map(|c| Piece::One(Chars::Only(c.to_ascii_lowercase()))));
            }
        }
    }
    glob
}
