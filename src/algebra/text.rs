//! Strings of Unicode scalar values: a map is a machine that reads a string and then says a label.
//!
//! ```text
//! the language of `a*` and `b`            the node that goes on to 7 for `a*`, to 9 for `b`, else to 0
//!
//!        a ┌─────┐                                a ┌───┐
//!      ┌───▶ yes ├─┐ any                          ┌───▶ 7 ├─┐ any
//!   ┌──┴─┐ └──▲──┘─┘                           ┌──┴─┐ └─▲─┘─┘
//! ──▶ no │                                   ──▶ 0  │
//!   └─┬┬─┘ b ┌─────┐ any ┌────┐                └─┬┬─┘ b ┌───┐ any ┌───┐
//!     │└─────▶ yes ├─────▶ no ├─┐ any            │└─────▶ 9 ├─────▶ 0 ├─┐ any
//!     │ else └─────┘     └─▲──┘─┘                │ else └───┘     └─▲─┘─┘
//!     └────────────────────┘                     └─────────────────┘
//! ```
//!
//! A state has one edge for characters it names and one for all others. The machine is minimal and its states are
//! numbered in the order in which they are met, so it is determined by the function alone: equal functions are
//! equal machines.
//!
//! Three steps make every machine. *Reading many patterns at once* (`glob`) or *laying many machines over one
//! another* (`overlay`) gives a machine whose states are sets of places; neither is done two by two, so a
//! thousand literals cost the sum of their lengths. *Minimising* (`minimize`) makes it canonical.

mod glob;
mod machine;
mod minimize;
mod overlay;
mod register;
mod trie;
mod witness;

use super::SetAlgebra;
use super::budget::{Exhausted, Meter};
use super::domain::{Base, Domain, Extent, Label, Merge, Met, Overlay, Region};

pub use glob::{Chars, Glob, Piece};
pub use machine::Machine;
pub use trie::End;
pub(super) use trie::{Case, Row};

/// The domain of all strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text;

/// A regular set of strings.
pub type Language = Region<Text>;

impl Domain for Text {
    type Point = String;
    type Map<O: Label> = Machine<O>;

    fn constant<O: Label>(label: O) -> Machine<O> {
        Machine::constant(label)
    }

    fn at<O: Label>(map: &Machine<O>, point: &String) -> O {
        map.read(point)
    }

    fn labels<O: Label>(map: &Machine<O>) -> Vec<O> {
        map.labels().to_vec()
    }

    fn overlay<O: Label, M: Merge<O>>(
        maps: &[&Machine<O>],
        merge: &M,
        meter: &mut Meter,
    ) -> Result<Overlay<Self, M::Item>, Exhausted> {
        overlay::overlay(maps, merge, meter)
    }

    fn reduce<O: Label>(raw: Machine<u32>, labels: &[O], meter: &mut Meter) -> Result<Machine<O>, Exhausted> {
        minimize::minimize(raw.with_labels(|number| labels[number as usize]), meter)
    }

    fn rename<O: Label, P: Label>(map: &Machine<O>, label: impl FnMut(O) -> P) -> Machine<P> {
        map.with_labels(label)
    }

    fn find<O: Label>(map: &Machine<O>, wanted: impl Fn(O) -> bool) -> Option<String> {
        witness::shortest(map, wanted, None)
    }

    fn extent<O: Label>(map: &Machine<O>, label: O) -> Extent {
        witness::extent(map, label)
    }

    fn same_everywhere<O: Label>(map: &Machine<O>) -> Option<O> {
        map.same_everywhere()
    }
}

impl Text {
    /// The map that says of strings what some texts do, which ascend, and something else of all others.
    pub(super) fn by_case<O: Label>(
        cases: &[Case<'_, O>],
        otherwise: O,
        meter: &mut Meter,
    ) -> Result<Machine<O>, Exhausted> {
        trie::read_cases(cases, otherwise, meter)
    }

    /// What meets on the texts of some entries, which ascend, and on what goes on from them. Nothing is the first that
    /// meets.
    pub(super) fn meet<I: Label>(
        entries: &[(&str, End, I)],
        meter: &mut Meter,
    ) -> Result<(Vec<Row>, Vec<Met<I>>), Exhausted> {
        trie::meet(entries, meter)
    }
}

impl Base for Text {
    fn find_other<O: Label>(map: &Machine<O>, label: O, than: &String) -> Option<String> {
        witness::shortest(map, |other| other == label, Some(than))
    }
}

impl Language {
    /// The strings that match any of the patterns.
    pub fn any_of(globs: &[Glob], meter: &mut Meter) -> Result<Language, Exhausted> {
        if let Some(map) = trie::read_simple(globs, meter)? {
            return Ok(Region { map });
        }
        let raw = glob::read_together(globs, meter)?;
        Ok(Region { map: minimize::minimize(raw.labelled(&[false, true]), meter)? })
    }

    /// The strings that are some text, or begin with it.
    pub fn of_texts<T: AsRef<str> + Ord>(
        mut texts: Vec<(T, End)>,
        meter: &mut Meter,
    ) -> Result<Language, Exhausted> {
        Ok(Region { map: trie::read_paths(&mut texts, meter)? })
    }

    /// The strings that match one pattern.
    pub fn of(glob: &Glob, meter: &mut Meter) -> Result<Language, Exhausted> {
        Language::any_of(std::slice::from_ref(glob), meter)
    }

    /// The strings that are members when they stand between two others.
    pub fn between(&self, before: &str, after: &str, meter: &mut Meter) -> Result<Language, Exhausted> {
        let accepts_after = |state| self.map.label(self.map.state_after(state, after));
        let start = self.map.state_after(0, before);
        let states =
            self.map.states().numbered(start, |_, target| target, |state| u32::from(accepts_after(state)));
        Ok(Region { map: minimize::minimize(states.labelled(&[false, true]), meter)? })
    }

    /// Whether a string is a member, in the time of reading it.
    pub fn accepts(&self, text: &str) -> bool {
        self.map.read(text)
    }

    /// A member that is none of these strings.
    pub fn witness_unlike(&self, others: &[&str], meter: &mut Meter) -> Result<Option<String>, Exhausted> {
        let others: Vec<Glob> = others.iter().map(|text| Glob::literal(text)).collect();
        Ok(self.difference(&Language::any_of(&others, meter)?, meter)?.witness())
    }

    /// How many states the minimal machine has.
    pub fn size(&self) -> usize {
        self.map.size()
    }
}
