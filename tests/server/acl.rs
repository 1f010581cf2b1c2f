//! Users and what they may do, compared with redis-server.

use std::time::Duration;

use crate::start;
use crate::support::bounds;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::rng::Rng;
use crate::support::value::Value;

/// Rules of all kinds; the second half is about commands that both servers have.
const RULES: &[&str] = &[
    "on",
    "off",
    "nopass",
    "resetpass",
    ">secret",
    "<secret",
    ">other",
    "~*",
    "~a*",
    "~b",
    "%R~r*",
    "%W~w*",
    "%RW~x",
    "%R~x",
    "%~z",
    "resetkeys",
    "allkeys",
    "&*",
    "&c*",
    "&d",
    "resetchannels",
    "reset",
    "(+get ~s)",
    "(%R~t &e +@pubsub)",
    "clearselectors",
    "skip-sanitize-payload",
    "sanitize-payload",
    "foo",
    "+nosuch",
    "+@nosuch",
    "#12",
    "+@all",
    "-@all",
    "+get",
    "-get",
    "+set",
    "-set",
    "+@read",
    "-@read",
    "+@write",
    "-@write",
    "+@string",
    "-@string",
    "+@pubsub",
    "-@pubsub",
    "+@list",
    "+@hash",
    "-@hash",
    "+config|get",
    "-config|get",
    "+config",
    "-config",
    "+select|0",
    "-select",
    "+client|id",
    "+@connection",
    "-@connection",
    "+@fast",
    "-@dangerous",
    "+@transaction",
    "+copy",
    "+mget",
];

/// Asked of the user.
const COMMANDS: &[&str] = &[
    "get a",
    "get b",
    "get r1",
    "get w1",
    "get x",
    "get s",
    "get t",
    "set a 1",
    "set r1 1",
    "set w1 1",
    "set w1 1 get",
    "mget a b x",
    "mset a 1 w1 2",
    "copy r1 w1",
    "copy w1 r1",
    "append b 1",
    "getset x 1",
    "rename a b",
    "lpush a 1",
    "lmove r1 w1 left left",
    "hset a f v",
    "hget r1 f",
    "strlen w1",
    "publish c1 m",
    "publish e m",
    "subscribe c1 d",
    "psubscribe c*",
    "psubscribe c1",
    "ssubscribe e",
    "spublish d m",
    "unsubscribe q",
    "config get x",
    "config set x y",
    "select 0",
    "select 1",
    "client id",
    "ping",
    "auth x",
    "eval x 1 a",
    "eval x 2 a q",
    "sort a",
    "multi",
    "exec",
    "zunionstore w1 2 r1 r2",
    "getdel a",
    "getex r1",
    "bitfield a get u8 0",
    "xread streams a 0",
    "touch q",
    "exists q",
    "expire w1 1",
    "object encoding b",
    "nosuch",
    "get",
];

fn told(server: &mut Client, line: &[&str]) -> String {
    shown(&server.call(line))
}

fn shown(value: &Value) -> String {
    value.int().map(|number| number.to_string()).or_else(|| value.text()).unwrap_or_else(|| "nil".into())
}

fn line_of(client: &mut Client, user: &str) -> String {
    let lines = client.line("ACL LIST");
    let start = format!("user {user} ");
    let lines = lines.items().unwrap().iter().filter_map(Value::text).filter(|line| line.starts_with(&start));
    lines.collect::<Vec<_>>().join("\n")
}

/// Redis 7.0 makes the rules about commands anew out of what they allow; 7.2 keeps them as they were given.
fn without_commands(line: &str) -> String {
    // 7.2 says of a new user that its payloads are sanitized; 7.0 only if it was said.
    let is_compared = |word: &&str| *word != "sanitize-payload" && !word.trim_end_matches(')').starts_with(['+', '-']);
    let words = line.split(' ').filter(is_compared);
    words.collect::<Vec<_>>().join(" ").replace([')'], "")
}

#[test]
fn random_rules_allow_what_they_allow_in_redis() {
    let (ours, redis) = (start(&[]), Server::redis(&[]));
    let (mut ours, mut redis) = (ours.client(), redis.client());
    let mut rng = Rng::new(bounds::seed("random_rules_allow_what_they_allow_in_redis"));
    let (mut allowed, mut denied, mut refused) = (0, 0, 0);
    for _ in 0..bounds::scaled(bounds::ACL_USERS) {
        both(&mut ours, &mut redis, &["ACL", "DELUSER", "u"]);
        both(&mut ours, &mut redis, &["ACL", "SETUSER", "u"]);
        for _ in 0..1 + rng.below(8) {
            let rules: Vec<&str> = (0..1 + rng.below(3)).map(|_| *rng.pick(RULES)).collect();
            let line = [&["ACL", "SETUSER", "u"], rules.as_slice()].concat();
            let answer = both(&mut ours, &mut redis, &line);
            refused += u64::from(answer.starts_with("ERR"));
        }
        let lines = [&mut ours, &mut redis].map(|client| line_of(client, "u"));
        assert_eq!(without_commands(&lines[0]), without_commands(&lines[1]), "{lines:?}");
        for command in COMMANDS {
            let words: Vec<&str> = ["ACL", "DRYRUN", "u"].into_iter().chain(command.split(' ')).collect();
            let answers = [&mut ours, &mut redis].map(|client| told(client, &words));
            // 7.0 says "This user".
            let same = [&answers[0], &answers[1]].map(|text| text.replace("User u has", "This user has"));
            assert_eq!(same[0], same[1], "{command}: {lines:?}");
            allowed += u64::from(answers[0] == "OK");
            denied += u64::from(answers[0].starts_with("User"));
        }
    }
    println!("{allowed} allowed, {denied} denied, {refused} rules refused");
    assert!(allowed > 100 && denied > 100 && refused > 10);
}

/// What both answer.
fn both(ours: &mut Client, redis: &mut Client, line: &[&str]) -> String {
    let answers = [ours, redis].map(|client| told(client, line));
    assert_eq!(answers[0], answers[1], "{line:?}");
    answers[0].clone()
}

fn text(client: &mut Client, line: &str) -> String {
    shown(&client.line(line))
}

fn login(server: &Server, user: &str) -> Client {
    let mut client = server.client();
    assert_eq!(text(&mut client, &format!("AUTH {user} p")), "OK");
    client
}

const NO_GET: &str = "NOPERM User bob has no permissions to run the 'get' command";
const NO_KEY: &str = "NOPERM No permissions to access a key";
const NO_CHANNEL: &str = "NOPERM No permissions to access a channel";

#[test]
fn a_user_is_held_to_its_rules_on_sockets_in_transactions_and_in_scripts() {
    let server = start(&[]);
    let mut admin = server.client();
    assert_eq!(text(&mut admin, "ACL SETUSER bob on >p ~a* &c* +@all -get -@admin"), "OK");
    let mut bob = login(&server, "bob");
    for (line, answer) in [
        ("ACL WHOAMI", "bob"),
        ("SET a 1", "OK"),
        ("GET a", NO_GET),
        ("SET b 1", NO_KEY),
        ("MSET a 1 b 2", NO_KEY),
        ("PUBLISH d m", NO_CHANNEL),
        ("CONFIG GET port", "NOPERM User bob has no permissions to run the 'config|get' command"),
        ("RAFT.NODES", "NOPERM User bob has no permissions to run the 'raft.nodes' command"),
        ("ONCE i SET b 1", NO_KEY),
        ("ONCE i GET a", NO_GET),
        ("LOCK.GUARD a 1 SET b 1", NO_KEY),
        ("SORT a BY w_*", "ERR BY option of SORT denied due to insufficient ACL permissions."),
        ("EVAL return#1 1 b", NO_KEY),
        ("MULTI", "OK"),
        ("SET a 2", "QUEUED"),
        ("GET a", NO_GET),
        ("EXEC", "EXECABORT Transaction discarded because of previous errors."),
    ] {
        assert_eq!(text(&mut bob, line), answer, "{line}");
    }
    let script = |client: &mut Client, body: &str| told(client, &["EVAL", body, "0"]);
    let failed = |body: &str, what: &str| (body.to_owned(), format!("ERR ACL failure in script: {what}"));
    for (body, why) in [
        failed("return redis.call('GET', 'a')", "User bob has no permissions to run the 'get' command"),
        failed("return redis.call('SET', 'b', 1)", "No permissions to access a key"),
        failed("return redis.call('PUBLISH', 'd', 1)", "No permissions to access a channel"),
        failed("return redis.pcall('GET', 'a')", "User bob has no permissions to run the 'get' command"),
    ] {
        let answer = script(&mut bob, &body);
        assert!(answer.starts_with(&why), "{body}: {answer}");
        assert!(!script(&mut admin, &body.replace("pcall", "call")).starts_with("ERR ACL"));
    }
    assert_eq!(script(&mut bob, "return redis.call('SET', 'a', 3)"), "OK");
    let asks = "return {tostring(redis.acl_check_cmd('set', 'a', 1)), tostring(redis.acl_check_cmd('set', 'b', 1)), \
                tostring(redis.acl_check_cmd('get', 'a'))}";
    for eval in ["EVAL", "EVAL_RO"] {
        let of = |client: &mut Client| {
            client.call(&[eval, asks, "0"]).items().unwrap().iter().map(shown).collect::<Vec<_>>()
        };
        assert_eq!(
            (of(&mut bob), of(&mut admin)),
            (["true", "false", "false"].map(Into::into).into(), vec!["true".into(); 3])
        );
    }
    // A script that only reads runs on one node, and not through the log.
    let answer = told(&mut bob, &["EVAL_RO", "return redis.call('STRLEN', 'b')", "0"]);
    assert!(answer.starts_with("ERR ACL failure in script: No permissions to access a key"), "{answer}");
    assert_eq!(text(&mut admin, "GET a"), "3");
    // Rules that change between MULTI and EXEC.
    for line in ["MULTI", "SET a 4", "APPEND a x"] {
        text(&mut bob, line);
    }
    assert_eq!(text(&mut admin, "ACL SETUSER bob -append"), "OK");
    let exec = bob.line("EXEC");
    let why = "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer \
               allowed for the following reason: no permission to execute the command";
    let answers: Vec<_> = exec.items().unwrap().iter().map(|item| item.text().unwrap()).collect();
    assert_eq!(answers, ["OK", why]);
    assert_eq!(text(&mut admin, "GET a"), "4");
    let log = admin.line("ACL LOG 100");
    let entries: Vec<_> = log.items().unwrap().iter().map(|entry| entry.items().unwrap().to_vec()).collect();
    let column = |at: usize| entries.iter().map(|entry| entry[at].text().unwrap()).collect::<Vec<_>>();
    assert_eq!(entries[0][0].text().unwrap(), "count");
    assert_eq!([3, 5, 7, 9].map(|at| column(at)[0].clone()), ["command", "multi", "append", "bob"]);
    assert!(column(5).iter().any(|context| context == "lua") && column(5).iter().any(|context| context == "toplevel"));
    assert!(column(13).iter().all(|client| client.contains("user=bob")), "{entries:?}");
    assert_eq!(text(&mut admin, "ACL LOG RESET"), "OK");
    assert_eq!(admin.line("ACL LOG"), Value::Array(vec![]));
}

#[test]
fn a_connection_ends_with_its_user_and_with_a_channel_that_is_closed_to_it() {
    let server = start(&[]);
    let mut admin = server.client();
    assert_eq!(text(&mut admin, "ACL SETUSER bob on >p ~* &* +@all"), "OK");
    let [mut idle, mut listens, mut elsewhere] = [(); 3].map(|()| login(&server, "bob"));
    listens.line("SUBSCRIBE c1");
    elsewhere.line("PSUBSCRIBE d*");
    assert_eq!(text(&mut admin, "ACL SETUSER bob resetchannels &d*"), "OK");
    assert_eq!(listens.read_to_close().unwrap(), b"");
    assert_eq!(text(&mut admin, "PUBLISH d1 m"), "1");
    assert_eq!(text(&mut idle, "ACL WHOAMI"), "bob");
    let list = text(&mut admin, "CLIENT LIST");
    assert_eq!(list.matches(" user=bob ").count(), 2, "{list}");
    assert_eq!(text(&mut admin, "CLIENT KILL USER nosuch"), "ERR No such user 'nosuch'");
    assert_eq!(text(&mut admin, "ACL DELUSER bob nosuch"), "1");
    assert_eq!(idle.read_to_close().unwrap(), b"");
    elsewhere.set_timeout(Duration::from_secs(10));
    assert!(elsewhere.read_to_close().is_ok());
    assert!(text(&mut server.client(), "AUTH bob p").starts_with("WRONGPASS"));
    // A new user of the same name is not the one whose connection it was.
    assert_eq!(text(&mut admin, "ACL SETUSER bob on >p ~* &* +@all"), "OK");
    let mut before = login(&server, "bob");
    admin.send_raw(b"ACL DELUSER bob\r\nACL SETUSER bob on >p +@all\r\n").unwrap();
    assert_eq!([admin.read_reply().unwrap(), admin.read_reply().unwrap()].map(|reply| shown(&reply)), ["1", "OK"]);
    assert_eq!(before.read_to_close().unwrap(), b"");
    assert_eq!(text(&mut login(&server, "bob"), "CLIENT KILL USER bob SKIPME no"), "1");
}

#[test]
fn a_password_by_config_set_is_the_default_users() {
    let server = start(&[]);
    let mut before = server.client();
    assert_eq!(text(&mut before, "AUTH x").split(' ').next(), Some("ERR"));
    assert_eq!(text(&mut before, "CONFIG SET requirepass secret"), "OK");
    // Who was let in stays.
    assert_eq!(text(&mut before, "GET a"), "nil");
    let line = line_of(&mut before, "default");
    assert!(line.contains("#2bb80d53") && !line.contains("nopass"), "{line}");
    let mut client = Client::connect(server.addr());
    assert_eq!(text(&mut client, "GET a"), "NOAUTH Authentication required.");
    assert!(text(&mut client, "AUTH wrong").starts_with("WRONGPASS"));
    assert!(client.call(&["HELLO", "3", "AUTH", "default", "secret"]).pairs().is_some());
    assert_eq!(text(&mut client, "GET a"), "nil");
    assert_eq!(told(&mut before, &["CONFIG", "SET", "requirepass", ""]), "OK");
    assert!(line_of(&mut before, "default").contains("nopass"));
    assert_eq!(text(&mut Client::connect(server.addr()), "GET a"), "nil");
}

#[test]
fn users_of_a_file_are_those_of_a_new_cluster_and_load_and_save_use_it() {
    let folder = crate::support::tempdir::TempDir::new("acl");
    let path = folder.path().join("users.acl");
    std::fs::write(&path, "user default on nopass ~* &* +@all\nuser bob on >p ~* +@all -get\n").unwrap();
    let server = start(&["--aclfile", path.to_str().unwrap()]);
    let mut admin = server.client();
    let mut bob = login(&server, "bob");
    assert_eq!(text(&mut bob, "GET a"), NO_GET);
    crate::support::cluster::until("the users of the file are the cluster's", || {
        let answer = told(&mut bob, &["EVAL", "return redis.call('SET', 'a', 1)", "0"]);
        (answer == "OK").then_some(())
    });
    assert_eq!(text(&mut admin, "ACL SETUSER carol on ~c"), "OK");
    assert_eq!(text(&mut admin, "ACL SAVE"), "OK");
    let saved = std::fs::read_to_string(&path).unwrap();
    assert!(saved.contains("user carol on sanitize-payload ~c resetchannels -@all\n"), "{saved}");
    assert!(saved.contains("#148de9c5") && !saved.contains(">p"), "{saved}");
    std::fs::write(&path, saved.replace("user carol", "user dave")).unwrap();
    assert_eq!(text(&mut admin, "ACL LOAD"), "OK");
    let users = admin.line("ACL USERS");
    let users: Vec<_> = users.items().unwrap().iter().map(|user| user.text().unwrap()).collect();
    assert_eq!(users, ["bob", "dave", "default"]);
    // He is the same user.
    assert_eq!(text(&mut bob, "GET a"), NO_GET);
    std::fs::write(&path, "user bob on foo\n").unwrap();
    assert!(text(&mut admin, "ACL LOAD").contains("users.acl:1: Syntax error. WARNING: ACL errors detected"));
    assert_eq!(text(&mut admin, "ACL DRYRUN bob GET a"), &NO_GET[7..]);
    std::fs::write(&path, "user bob on foo\n").unwrap();
    let mut broken = start(&[]);
    broken.kill();
    broken.flags_mut().extend(["--aclfile".into(), path.display().to_string()]);
    let (code, output) = broken.start_in_vain();
    assert!(code == Some(1) && output.contains("users.acl:1: Syntax error"), "{output}");
}
