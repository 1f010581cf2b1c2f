//! How long the calls of a command took, as numbers of calls by time: what INFO latencystats and LATENCY HISTOGRAM show.
//!
//! The buckets are those of Redis's histograms (HdrHistogram with two significant digits up to a second): one for each ns below 256, and
//! above 128 for each power of two, so that a time is known to 1/128 of itself. What took longer than a second counts as a second.

/// Longest time that is told apart, ns.
pub const LATENCY_MAX_NS: u64 = 1_000_000_000;
/// Buckets of a power of two.
const HALF: usize = 128;
/// How many buckets there are.
pub const LATENCY_BUCKETS: usize = latency_bucket(LATENCY_MAX_NS) + 1;
/// The first bound that LATENCY HISTOGRAM shows, ns; each one after it is twice as high.
const FIRST_SHOWN_NS: u64 = 1024;
/// The last time that Redis's histogram tells apart, ns: its last bound.
const LAST_SHOWN_NS: u64 = (1 << 30) - 1;

/// The bucket of a time in ns.
pub const fn latency_bucket(ns: u64) -> usize {
    let ns = if ns == 0 {
        1
    } else if ns > LATENCY_MAX_NS {
        LATENCY_MAX_NS
    } else {
        ns
    };
    let doublings = (ns | 255).ilog2() as usize - 7;
    (doublings * HALF) + (ns >> doublings) as usize
}

/// The highest time of a bucket, ns.
fn highest_ns(bucket: usize) -> u64 {
    let doublings = (bucket / HALF).saturating_sub(1);
    let first = (bucket - doublings * HALF) as u64;
    ((first + 1) << doublings) - 1
}

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// Of these numbers of calls, by bucket.
    pub fn new(counts: Vec<u64>) -> Self {
        Self(counts)
    }

    /// All calls.
    pub fn calls(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time in ns that so many percent of the calls did not exceed; 0 if there was none.
    pub fn percentile_ns(&self, percent: f64) -> u64 {
        let wanted = (percent.min(100.0) / 100.0 * self.calls() as f64 + 0.5) as u64;
        let mut calls = 0;
        let reaches = |count: &u64| {
            calls += count;
            calls >= wanted.max(1)
        };
        self.0.iter().position(reaches).map_or(0, highest_ns)
    }

    /// Times in µs, and how many calls took no longer, as LATENCY HISTOGRAM shows them: those times at which there are more calls than before.
    pub fn cumulative(&self) -> Vec<(u64, u64)> {
        let bounds = std::iter::successors(Some(FIRST_SHOWN_NS), |ns| Some(ns * 2).filter(|ns| *ns < LAST_SHOWN_NS));
        let up_to = |bucket: usize| self.0.iter().take(bucket + 1).sum::<u64>();
        let inner = bounds.map(|ns| (highest_ns(latency_bucket(ns)) / 1000, up_to(latency_bucket(ns))));
        let mut before = 0;
        let is_more = |(_, calls): &(u64, u64)| std::mem::replace(&mut before, *calls) < *calls;
        inner.chain([(LAST_SHOWN_NS / 1000, self.calls())]).filter(is_more).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times_ns: &[u64]) -> Latencies {
        let mut counts = vec![0; LATENCY_BUCKETS];
        times_ns.iter().for_each(|ns| counts[latency_bucket(*ns)] += 1);
        Latencies::new(counts)
    }

    #[test]
    fn buckets_are_in_order_without_gaps_and_as_wide_as_their_digits_allow() {
        for bucket in 1..LATENCY_BUCKETS {
            let last = highest_ns(bucket);
            assert_eq!(latency_bucket(last.min(LATENCY_MAX_NS)), bucket, "{last}");
            assert_eq!(latency_bucket(highest_ns(bucket - 1) + 1), bucket);
            assert!(bucket < 256 || last - highest_ns(bucket - 1) <= last / 128, "{last}");
        }
        assert_eq!((latency_bucket(0), latency_bucket(u64::MAX)), (1, LATENCY_BUCKETS - 1));
    }

    #[test]
    fn percentiles_are_the_highest_times_of_their_buckets() {
        assert_eq!(of(&[]).percentile_ns(50.0), 0);
        let times: Vec<u64> = (1..=1000).map(|us| us * 1000).collect();
        let all = of(&times);
        // What HdrHistogram tells of the same times.
        let told: Vec<u64> = [0.0, 50.0, 99.0, 99.9, 100.0].map(|percent| all.percentile_ns(percent)).into();
        assert_eq!(told, [1003, 501_759, 991_231, 999_423, 1_003_519]);
    }

    #[test]
    fn shown_times_are_those_of_redis() {
        let times: Vec<u64> = std::iter::successors(Some(1000), |ns| Some(ns * 2)).take(22).collect();
        let bounds: Vec<u64> = of(&times).cumulative().iter().map(|(us, _)| *us).collect();
        let redis = [
            1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16_908, 33_816, 67_633, 135_266, 270_532,
            541_065, 1_073_741,
        ];
        assert_eq!(bounds, redis);
        assert_eq!(of(&[900, 3000, 3100, 70_000]).cumulative(), [(1, 1), (4, 3), (132, 4)]);
        assert_eq!(of(&[]).cumulative(), []);
    }
}
