//! Numbers that look random and are the same everywhere.

/// SplitMix64: small, seeded, and as good as needed.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of the `nth` thing of a sort: what is drawn for one thing disturbs no other.
    pub(super) fn of(seed: u64, sort: &str, nth: usize) -> Random {
        let sort = sort.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut start = Random(seed ^ sort);
        let seed = start.next();
        Random(seed ^ (nth as u64).wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(super) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Different ones, in order.
    pub(super) fn several<T: Clone>(&mut self, from: &[T], count: usize) -> Vec<T> {
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.len() < count.min(from.len()) {
            let index = self.below(from.len());
            if !chosen.contains(&index) {
                chosen.push(index);
            }
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|index| from[index].clone()).collect()
    }
}
