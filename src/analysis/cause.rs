//! Why the other side of a difference does not allow it: parts of it with one cause each.

use super::clause::{Cause, Draft, Part, StatementBox, limits};
use super::{Analysis, AnalysisError, Read};
use crate::algebra::Set;
use crate::layers::Layer;
use crate::policy::Effect;

impl Analysis<'_> {
    /// A difference, split by why the other side says no: first by the statements that allow what none allows there,
    /// then by what denies there, or does not allow, or is not known.
    pub(super) fn by_cause(
        &mut self,
        from: &Read<'_>,
        parts: &[Part],
        against: &Read<'_>,
        target: Set,
    ) -> Result<Vec<Draft>, AnalysisError> {
        let mut drafts = Vec::new();
        let mut allowing = Vec::new();
        for situation in &against.situations {
            for statement in situation.compiled.statements.keys() {
                let set = situation.requests(*statement);
                if statement.effect == Effect::Allow && against.subject.told.contains(&statement.layer) {
                    allowing.push(self.compiler.arena().intersection([set, situation.on])?);
                }
            }
        }
        let mut left = target;
        for part in parts {
            let unallowed = self.compiler.arena().difference([part.set], allowing.iter().copied())?;
            if unallowed != Set::EMPTY {
                left = self.compiler.arena().difference([left], [unallowed])?;
                drafts.push(Draft::of(from.side, part, Cause::NotAllowed, unallowed));
            }
        }
        for (nth, situation) in against.situations.iter().enumerate() {
            for (&statement, &set) in &situation.compiled.statements {
                if statement.effect == Effect::Allow || left == Set::EMPTY {
                    continue;
                }
                let arena = self.compiler.arena();
                let denied =
                    arena.intersection([target, set, situation.scope(statement.layer), situation.on])?;
                if !arena.is_disjoint(denied, left)? {
                    left = arena.difference([left], [denied])?;
                    let deny = StatementBox::whole(against.side, nth, statement);
                    let cause = Cause::Denied(statement);
                    drafts.extend(self.allowed_by_any(from, parts, Some(deny), cause, denied)?);
                }
            }
        }
        for situation in &against.situations {
            for (&layer, groups) in &situation.compiled.groups {
                for (group, &allowed) in groups.iter().enumerate() {
                    if left == Set::EMPTY
                        || against.subject.told.contains(&layer)
                        || !limits(layer)
                        || situation.is_unknown(layer, group)
                    {
                        continue;
                    }
                    let arena = self.compiler.arena();
                    let within = arena.intersection([target, situation.scope(layer), situation.on])?;
                    let limited = arena.difference([within], [allowed])?;
                    if !arena.is_disjoint(limited, left)? {
                        left = arena.difference([left], [limited])?;
                        let cause = Cause::Limited { layer, group };
                        drafts.extend(self.allowed_by_any(from, parts, None, cause, limited)?);
                    }
                }
            }
        }
        left = self.by_unknown(from, parts, against, left, &mut drafts)?;
        for lacking in [Layer::Resource, Layer::Identity] {
            left = self.by_half(from, against, lacking, left, &mut drafts)?;
        }
        if left != Set::EMPTY {
            drafts.extend(self.allowed_by_any(from, parts, None, Cause::Rules, left)?);
        }
        Ok(drafts)
    }

    /// Of a set, what hangs on limits of the other side that are not known (R-EVL-64); gives what is left.
    fn by_unknown(
        &mut self,
        from: &Read<'_>,
        parts: &[Part],
        against: &Read<'_>,
        mut left: Set,
        drafts: &mut Vec<Draft>,
    ) -> Result<Set, AnalysisError> {
        for situation in &against.situations {
            for (&layer, groups) in &situation.compiled.groups {
                let is_told = against.subject.told.contains(&layer);
                for group in (0..groups.len()).filter(|group| !is_told && situation.is_unknown(layer, *group))
                {
                    let arena = self.compiler.arena();
                    let open = arena.intersection([left, situation.scope(layer), situation.on])?;
                    left = arena.difference([left], [open])?;
                    let cause = Cause::Unknown { layer, group };
                    drafts.extend(self.allowed_by_any(from, parts, None, cause, open)?);
                }
            }
        }
        Ok(left)
    }

    /// Of a set, what a statement of the caller's or the resource's policies allows together with one of the other's,
    /// where the other side has none of that layer; gives what is left.
    fn by_half(
        &mut self,
        from: &Read<'_>,
        against: &Read<'_>,
        lacking: Layer,
        mut left: Set,
        drafts: &mut Vec<Draft>,
    ) -> Result<Set, AnalysisError> {
        let there = self.allowing(against, lacking)?;
        let there = there.into_iter().map(|part| part.set);
        let mut half = self.compiler.arena().difference([left], there)?;
        if half == Set::EMPTY {
            return Ok(left);
        }
        let other = if lacking == Layer::Resource { Layer::Identity } else { Layer::Resource };
        let others = self.allowing(from, other)?;
        for part in self.allowing(from, lacking)? {
            for other in others.iter().filter(|other| other.situation == part.situation) {
                let arena = self.compiler.arena();
                let set = arena.intersection([half, part.set, other.set])?;
                if set != Set::EMPTY {
                    half = arena.difference([half], [set])?;
                    left = arena.difference([left], [set])?;
                    let mut draft = Draft::of(from.side, other, Cause::HalfAllowed(part.statement), set);
                    draft.boxes.push(StatementBox::whole(from.side, part.situation, part.statement));
                    drafts.push(draft);
                }
            }
        }
        Ok(left)
    }

    /// The Allow statements of a layer with the requests to which each applies.
    fn allowing(&mut self, of: &Read<'_>, layer: Layer) -> Result<Vec<Part>, AnalysisError> {
        let mut found = Vec::new();
        for (nth, situation) in of.situations.iter().enumerate() {
            for (&statement, &set) in &situation.compiled.statements {
                if statement.layer == layer && statement.effect == Effect::Allow {
                    let set = self.compiler.arena().intersection([set, situation.on])?;
                    found.push(Part { situation: nth, statement, set });
                }
            }
        }
        Ok(found)
    }

    /// A set as one draft for each situation, allowed by any of the parts that meet it.
    fn allowed_by_any(
        &mut self,
        from: &Read<'_>,
        parts: &[Part],
        and: Option<StatementBox>,
        cause: Cause,
        set: Set,
    ) -> Result<Vec<Draft>, AnalysisError> {
        let mut drafts = Vec::new();
        for nth in 0..from.situations.len() {
            let mut any = Vec::new();
            let mut sets = Vec::new();
            for part in parts.iter().filter(|part| part.situation == nth) {
                if !self.compiler.arena().is_disjoint(part.set, set)? {
                    any.push(StatementBox::whole(from.side, nth, part.statement));
                    sets.push(part.set);
                }
            }
            let allowed = self.compiler.arena().union(sets)?;
            let set = self.compiler.arena().intersection([set, allowed])?;
            if any.is_empty() || set == Set::EMPTY {
                continue;
            }
            let (mut boxes, any) = if any.len() == 1 { (any, Vec::new()) } else { (Vec::new(), any) };
            boxes.extend(and.clone());
            drafts.push(Draft { situation: nth, boxes, any, cause, set });
        }
        Ok(drafts)
    }
}
