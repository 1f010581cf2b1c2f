//! A file of users: a line `user name rule …` for each.

use crate::store::{CommandNames, RuleError, User, Users, has_spaces, merge_selectors};

/// Reads the users of a file, which is called `path`. `opens_channels`: see [`User::new`].
///
/// # Errors
/// All that is wrong with it, in Redis's words: then none of it counts.
pub fn parse(path: &str, text: &[u8], opens_channels: bool, names: &dyn CommandNames) -> Result<Users, Vec<u8>> {
    let mut errors: Vec<u8> = Vec::new();
    let mut users: Vec<User> = Vec::new();
    for (line, at) in text.split(|byte| *byte == b'\n').zip(1usize..) {
        let mut words = line.trim_ascii().split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let Some(first) = words.next() else { continue };
        let Some(name) = words.next().filter(|_| first == b"user") else {
            errors.extend(format!("{path}:{at} should start with user keyword followed by the username. ").bytes());
            continue;
        };
        if has_spaces(name) {
            let shown = String::from_utf8_lossy(name);
            errors.extend(format!("'{path}:{at}: username '{shown}' contains invalid characters. ").bytes());
            continue;
        }
        if users.iter().any(|user| user.name == name) {
            let shown = String::from_utf8_lossy(name);
            errors.extend(format!("WARNING: Duplicate user '{shown}' found on line {at}. ").bytes());
            continue;
        }
        let mut user = User::new(name, opens_channels);
        let Ok(rules) = merge_selectors(words) else {
            errors.extend(format!("{path}:{at}: Unmatched parenthesis in selector definition.").bytes());
            continue;
        };
        let mut is_told = false;
        for rule in &rules {
            let rule = rule.trim_ascii();
            match user.set(rule, opens_channels, names) {
                Ok(()) => {}
                Err(why @ RuleError::Unknown) => {
                    let shown = String::from_utf8_lossy(rule);
                    let why = why.text();
                    errors.extend(format!("{path}:{at}: Error in applying operation '{shown}': {why}. ").bytes());
                }
                // A rule may be a password: it is not shown.
                Err(why) if !is_told => {
                    errors.extend(format!("{path}:{at}: {}. ", why.text()).bytes());
                    is_told = true;
                }
                Err(_) => {}
            }
        }
        users.push(user);
    }
    if !errors.is_empty() {
        errors.extend(b"WARNING: ACL errors detected, no change to the previously active ACL rules was performed");
        return Err(errors);
    }
    let mut all = Users::default();
    users.into_iter().for_each(|user| all.put_own(user));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::TrustedNames;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let users = parse("f", text.as_bytes(), false, &TrustedNames);
        let lines = users.map(|users| users.iter().map(|user| String::from_utf8(user.line()).unwrap()).collect());
        lines.map_err(|why| String::from_utf8(why).unwrap())
    }

    #[test]
    fn a_file_of_users_is_read_whole_or_not_at_all() {
        let lines = read("user b on nopass (+get ~a)\r\n\n  user a -@all\n").unwrap();
        assert_eq!(
            lines,
            [
                "user a off sanitize-payload resetchannels -@all",
                "user b on nopass sanitize-payload resetchannels -@all (~a resetchannels -@all +get)",
            ]
        );
        for (text, why) in [
            ("user a\nusr b", "f:2 should start with user keyword followed by the username. "),
            ("user", "f:1 should start with user keyword followed by the username. "),
            ("user a\nuser a", "WARNING: Duplicate user 'a' found on line 2. "),
            ("user a (+get", "f:1: Unmatched parenthesis in selector definition."),
            ("user a foo >secret bar", "f:1: Syntax error. "),
        ] {
            let whole = format!(
                "{why}WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
            );
            assert_eq!(read(text), Err(whole), "{text}");
        }
    }
}
