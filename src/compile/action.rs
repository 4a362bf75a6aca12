//! Actions as sets (R-ACT-1 to 10).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Compiler, Level, Outcome, variable};
use crate::algebra::{Chars, End, Exhausted, Glob, Language, Meter, Piece, Set};
use crate::pattern::{Pattern, Piece as Written};
use crate::policy::{ActionPattern, Selector, Spanned};

impl Compiler {
    /// The requests of a set, which says nothing of actions, whose action an element selects (R-ACT-6).
    pub(super) fn actions(&mut self, action: &Selector<ActionPattern>, below: Set) -> Outcome<Set> {
        match action {
            Selector::In(entries) => self.acting(entries, below),
            Selector::NotIn(entries) => {
                let listed = self.any_action(entries)?;
                Ok(self.arena.difference([below], [listed])?)
            }
        }
    }

    /// The requests whose action matches some entry.
    pub(super) fn any_action(&mut self, entries: &[Spanned<ActionPattern>]) -> Outcome<Set> {
        self.acting(entries, Set::FULL)
    }

    /// The requests of a set whose action matches some entry: all names of a service are read at once, and so are all
    /// services.
    fn acting(&mut self, entries: &[Spanned<ActionPattern>], below: Set) -> Outcome<Set> {
        let mut services: BTreeMap<Option<Cow<'_, str>>, Vec<&Pattern>> = BTreeMap::new();
        for entry in entries {
            match &entry.value {
                ActionPattern::Every => return Ok(below),
                ActionPattern::Named { service, name } => {
                    let service = service.as_ref().map(|service| in_lower_case(service));
                    services.entry(service).or_default().push(name);
                }
            }
        }
        if let Some(asked) = self.universe.asked_text(&Level::Service) {
            services.retain(|service, _| service.as_ref().is_none_or(|service| service == asked));
        }
        let mut of_any_service = Vec::new();
        let mut of_services = Vec::new();
        for (service, names) in &services {
            let mut lower = String::new();
            let texts = lowered(names, &mut lower);
            if let Some(asked) = self.universe.asked_text(&Level::Name) {
                let names = language_of_names(names, texts, self.arena.meter());
                let names = names.map_err(|what| Self::exhausted(Level::Name, what))?;
                of_any_service.extend(names.accepts(asked).then_some(below));
                continue;
            }
            let named = if let Some(texts) = texts {
                self.arena.by_beginning(Level::Name, texts, below)?
            } else {
                let names = language_of_names(names, None, self.arena.meter());
                let names = names.map_err(|what| Self::exhausted(Level::Name, what))?;
                self.arena.above(Level::Name, &names.into(), below)?
            };
            match service {
                None => of_any_service.push(named),
                Some(service) => of_services.push((&**service, named)),
            }
        }
        let of_services = self.arena.by_text(Level::Service, &of_services)?;
        self.arena.union(of_any_service.into_iter().chain([of_services]))
    }
}

fn in_lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// Names that are texts, with or without a star behind them, in lower case; none where some name is another pattern.
fn lowered<'l>(names: &[&Pattern], lower: &'l mut String) -> Option<Vec<(&'l str, End)>> {
    let texts = variable::texts(names)?;
    lower.reserve(texts.iter().map(|(text, _)| text.len()).sum());
    lower.extend(texts.iter().map(|(text, _)| *text));
    lower.make_ascii_lowercase();
    let mut rest = lower.as_str();
    let lowered = |(text, end): (&str, End)| {
        let (own, behind) = rest.split_at(text.len());
        rest = behind;
        (own, end)
    };
    Some(texts.into_iter().map(lowered).collect())
}

/// The names that match some pattern, where they are texts these. No action has an empty name, so that of none counts as
/// any long one of letters that no pattern has: sets are equal exactly if they are on the names there are.
fn language_of_names(
    names: &[&Pattern],
    texts: Option<Vec<(&str, End)>>,
    meter: &mut Meter,
) -> Result<Language, Exhausted> {
    if let Some(texts) = texts {
        return Language::of_texts(texts, meter);
    }
    let mut globs: Vec<Glob> = names.iter().map(|name| glob(name)).collect();
    let is_wild = |piece: &Piece| matches!(piece, Piece::Many(Chars::Any) | Piece::One(Chars::Any));
    let has_star = |glob: &Glob| glob.pieces().iter().any(|piece| matches!(piece, Piece::Many(_)));
    let takes_any_long = |glob: &Glob| has_star(glob) && glob.pieces().iter().all(is_wild);
    if globs.iter().any(takes_any_long) {
        globs.push(Glob::default());
    }
    Language::any_of(&globs, meter)
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
