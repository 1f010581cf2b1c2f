use super::*;

/// A user that has followed these rules, by its line.
fn user(rules: &[&str]) -> Result<User, RuleError> {
    let mut user = User::new(b"u", false);
    rules.iter().try_for_each(|rule| user.set(rule.as_bytes(), false, &TrustedNames)).map(|()| user)
}

fn line(rules: &[&str]) -> String {
    String::from_utf8(user(rules).unwrap().line()).unwrap()
}

#[test]
fn a_user_is_described_as_redis_describes_it() {
    let lines = [
        (&[][..], "off sanitize-payload resetchannels -@all"),
        (&["on", "nopass", "~*", "&*", "+@all"], "on nopass sanitize-payload ~* &* +@all"),
        (&["~a*", "%R~r", "%W~w", "%rw~b", "&c*"], "off sanitize-payload ~a* %R~r %W~w ~b resetchannels &c* -@all"),
        (&["%R~k", "%W~k"], "off sanitize-payload ~k resetchannels -@all"),
        (&["+@read", "-get", "+@READ", "+GET"], "off sanitize-payload resetchannels -@all +@read +get"),
        (&["+config|get", "-config", "+config|set"], "off sanitize-payload resetchannels -@all -config +config|set"),
        (&["+get", "allcommands", "-set"], "off sanitize-payload resetchannels +@all -set"),
        (
            &["on", "(+get ~a)", "( %R~b   &c )", "skip-sanitize-payload"],
            "on skip-sanitize-payload resetchannels -@all (~a resetchannels -@all +get) (%R~b resetchannels &c -@all)",
        ),
        (&["on", "~a", "(~b)", "reset"], "off sanitize-payload resetchannels -@all"),
        (&["(~b)", "clearselectors"], "off sanitize-payload resetchannels -@all"),
    ];
    for (rules, text) in lines {
        assert_eq!(line(rules), format!("user u {text}"), "{rules:?}");
        let mut again = User::new(b"u", false);
        user(rules).unwrap().rules().iter().for_each(|rule| again.set(rule, false, &TrustedNames).unwrap());
        assert_eq!(again, user(rules).unwrap(), "{rules:?}");
    }
}

#[test]
fn rules_that_are_none_are_refused_with_their_reason() {
    let hash = "#".to_owned() + &"A".repeat(64);
    for (rules, error) in [
        (&["~*", "~a"][..], RuleError::KeysAreOpen),
        (&["&*", "&a"], RuleError::ChannelsAreOpen),
        (&["foo"], RuleError::Syntax),
        (&["~a b"], RuleError::Syntax),
        (&["%~a"], RuleError::Syntax),
        (&["%RR~a"], RuleError::Syntax),
        (&["%X~a"], RuleError::Syntax),
        (&["<x"], RuleError::NoSuchPassword),
        (&["#abc"], RuleError::Hash),
        (&[&*hash], RuleError::Hash),
        (&["+config|get|x"], RuleError::FirstArgument),
        (&["+get|"], RuleError::Syntax),
        (&["(~a (b)"], RuleError::Syntax),
    ] {
        assert_eq!(user(rules).err(), Some(error), "{rules:?}");
    }
}

#[test]
fn a_password_is_kept_as_its_hash_and_admits_while_the_user_is_on() {
    let sha = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    let mut user = user(&["on", ">password", ">other"]).unwrap();
    assert!(user.line().windows(64).any(|part| part == sha.as_bytes()));
    assert!(user.admits(b"password") && user.admits(b"other") && !user.admits(b"") && !user.admits(b"passwore"));
    let mut set = |rule: &str| user.set(rule.as_bytes(), false, &TrustedNames);
    set(&format!("!{sha}")).unwrap();
    set("<other").unwrap();
    assert!(!user.admits(b"password") && !user.admits(b"other"));
    user.set(b"nopass", false, &TrustedNames).unwrap();
    assert!(user.admits(b"anything"));
    user.set(b"off", false, &TrustedNames).unwrap();
    assert!(!user.admits(b"anything"));
}

#[test]
fn words_of_a_selector_are_put_together() {
    let merge = |text: &'static str| merge_selectors(text.split(' ').map(str::as_bytes));
    let words = |words: &[&str]| Ok(words.iter().map(|word| word.as_bytes().to_vec()).collect());
    assert_eq!(merge("on (+get ~a) ~b"), words(&["on", "(+get ~a)", "~b"]));
    assert_eq!(merge("(+get) (~a ~b ~c)"), words(&["(+get)", "(~a ~b ~c)"]));
    assert_eq!(merge("on (+get ~a"), Err(1));
}

#[test]
fn a_name_that_is_made_again_is_another_user() {
    let mut users = Users::of_password("");
    users.put(User::new(b"a", false));
    let first = users.get(b"a").unwrap().id;
    users.put(User { is_enabled: true, ..User::new(b"a", false) });
    assert_eq!(users.get(b"a").unwrap().id, first);
    let version = users.version();
    assert_eq!(users.remove([b"a".as_slice(), b"default", b"b"].into_iter()), 1);
    assert!(users.version() > version && users.get(b"default").is_some());
    users.put(User::new(b"a", false));
    assert!(users.get(b"a").unwrap().id > first);
    users.replace(vec![User::new(b"b", false), User::new(b"a", true)]);
    let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
    assert_eq!(names, ["a", "b", "default"]);
}
