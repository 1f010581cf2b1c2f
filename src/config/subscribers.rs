//! What options say of clients that are told something.

use super::{ReplicatedOptions, Settings, find};

/// `client-output-buffer-limit` of subscribers: bytes that must never wait for one, bytes that must not for long, and how long that is, in
/// seconds; 0 = no limit.
pub fn subscriber_limits(settings: &Settings) -> [u64; 3] {
    let text = find("client-output-buffer-limit").map(|opt| opt.get(settings, &ReplicatedOptions::default()));
    let text = text.unwrap_or_default();
    let mut numbers =
        text.split(' ').skip_while(|word| *word != "pubsub").skip(1).map(|word| word.parse().unwrap_or(0));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

/// `tracking-table-max-keys`: of how many keys clients may be told that they have changed; 0 = of any number.
pub fn tracked_keys_max(settings: &Settings) -> usize {
    let text = find("tracking-table-max-keys").map(|opt| opt.get(settings, &ReplicatedOptions::default()));
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// `acllog-max-len`: entries that ACL LOG keeps.
pub fn acl_log_len_max(settings: &Settings) -> usize {
    let text = find("acllog-max-len").map(|opt| opt.get(settings, &ReplicatedOptions::default()));
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscribers_have_limits_from_the_start_and_as_set() {
        let mut settings = Settings::default();
        assert_eq!(subscriber_limits(&settings), [32 << 20, 8 << 20, 60]);
        let opt = find("client-output-buffer-limit").unwrap();
        for (value, limits) in
            [("pubsub 1mb 2 3", [1 << 20, 2, 3]), ("normal 4 5 6", [1 << 20, 2, 3]), ("pubsub 0 0 0", [0; 3])]
        {
            opt.set(&mut settings, opt.kind.parse(value).unwrap());
            assert_eq!(subscriber_limits(&settings), limits, "{value}");
        }
    }
}
