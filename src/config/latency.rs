//! What options say of times that are shown.

use super::{ReplicatedOptions, Settings, find};

/// `latency-tracking-info-percentiles`: which percentiles INFO shows.
pub fn latency_percentiles(settings: &Settings) -> Vec<f64> {
    let text = find("latency-tracking-info-percentiles").map(|opt| opt.get(settings, &ReplicatedOptions::default()));
    text.unwrap_or_default().split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_redis_until_others_are_set() {
        let mut settings = Settings::default();
        assert_eq!(latency_percentiles(&settings), [50.0, 99.0, 99.9]);
        let opt = find("latency-tracking-info-percentiles").unwrap();
        for (value, percentiles) in [("0 99.99 100", vec![0.0, 99.99, 100.0]), ("", vec![])] {
            opt.set(&mut settings, opt.kind.parse(value).unwrap());
            assert_eq!(latency_percentiles(&settings), percentiles, "{value}");
        }
    }
}
