//! Where findings stand in the text that people know: all of them in one walk through it.

use super::Document;
use crate::policy::positions;
use crate::validate::{Finding, Location};

/// A place in that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) start: Point,
    /// Behind its last character.
    pub(super) end: Point,
}

/// Where a place begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    /// From 1.
    pub(super) line: usize,
    /// From 1, in characters.
    pub(super) column: usize,
    /// In bytes of the text.
    pub(super) offset: usize,
}

impl Default for Point {
    /// The beginning of the text.
    fn default() -> Self {
        Point { line: 1, column: 1, offset: 0 }
    }
}

/// Each finding with its locations and where these are.
pub(super) fn placed<'f>(
    findings: &'f [Finding],
    document: &Document,
) -> Vec<(&'f Finding, Vec<(&'f Location, Place)>)> {
    let all = findings.iter().flat_map(|finding| &finding.locations);
    let spans = all.map(|location| document.in_source(location.span));
    let offsets: Vec<usize> = spans.flat_map(|span| [span.start, span.end]).collect();
    let points = positions(document.source(), &offsets).into_iter().zip(offsets);
    let mut points = points.map(|((line, column), offset)| Point { line, column, offset });
    let mut point = || points.next().unwrap_or_default();
    let mut place = |location| (location, Place { start: point(), end: point() });
    findings.iter().map(|finding| (finding, finding.locations.iter().map(&mut place).collect())).collect()
}
