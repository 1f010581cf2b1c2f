//! Where the two servers may differ, as data: `differences.txt`, one line each, `command | comparison | reason`.
//!
//! The words of the command match whole words, `*` any one; a shorter pattern matches longer commands, unless it ends with `$`; behind `EXEC: ` it
//! is one of a transaction. A rule counts as used when an answer
//! was not the same byte for byte and the rule let it pass; a rule that is never used fails the test, so the file stays true.

use crate::episode::Item;
use crate::support::value::Value;

/// How two answers are compared that are not the same.
#[derive(Debug, PartialEq)]
enum Comparison {
    /// The same items in any order.
    Unordered(Within),
    /// Integers, apart by this much at most.
    Within(i64),
    /// Arrays of four whose third is an integer, apart by this much at most; all else is the same.
    Idle(i64),
    /// The same but for what stands behind these names.
    But(Vec<String>),
    /// Texts may differ that read as the same double; -0 and 0 are the same.
    Doubles,
    /// The same types and lengths all the way down; texts and numbers may differ.
    Shape,
    /// The same type only, and no error.
    Kind,
    /// A page of a scan: a cursor and items.
    Page,
    /// Arrays whose texts are the same up to their first zero byte.
    UntilZero,
    /// Any two replies.
    Any,
    /// Lockstep's has to match this; Redis's is not looked at.
    Ours(String),
    /// Redis's matches the first, lockstep's the second.
    Texts(String, String),
}

/// What [`Comparison::Unordered`] orders.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Within {
    /// The reply's own items.
    Items,
    /// The pairs of a flat array.
    Pairs,
    /// All arrays, sets and maps all the way down.
    Nested,
}

#[derive(Debug)]
struct Rule {
    line: String,
    words: Vec<String>,
    /// Of commands of a transaction alone.
    in_exec: bool,
    comparison: Comparison,
    used: u64,
}

/// All rules.
#[derive(Debug)]
pub struct Differences(Vec<Rule>);

impl Differences {
    /// Reads `differences.txt`.
    pub fn load() -> Self {
        Self::parse(include_str!("differences.txt")).unwrap_or_else(|what| panic!("differences.txt: {what}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(rule).collect::<Result<_, _>>().map(Self)
    }

    /// True if the answers are the same, or a rule lets the difference pass. `queued` are the commands that an EXEC runs.
    pub fn accept(&mut self, item: &Item, queued: &[Item], redis: &Value, ours: &Value) -> bool {
        if redis == ours {
            return true;
        }
        if item.is("EXEC")
            && let (Value::Array(redis), Value::Array(ours)) = (redis, ours)
        {
            let same = redis.len() == ours.len() && redis.len() == queued.len();
            return same
                && queued
                    .iter()
                    .zip(redis.iter().zip(ours))
                    .all(|(item, (redis, ours))| redis == ours || self.lets_pass(item, true, redis, ours));
        }
        self.lets_pass(item, false, redis, ours)
    }

    fn lets_pass(&mut self, item: &Item, in_exec: bool, redis: &Value, ours: &Value) -> bool {
        let mut rules = self.0.iter_mut().filter(|rule| rule.matches(item) && (in_exec || !rule.in_exec));
        let Some(rule) = rules.find(|rule| rule.comparison.accepts(redis, ours)) else { return false };
        rule.used += 1;
        true
    }

    /// Rules that nothing needed, but for those that only the moment or a rare sequence needs (`rare:`).
    pub fn unused(&self) -> Vec<&str> {
        let expected =
            |rule: &&Rule| !matches!(rule.comparison, Comparison::Within(_)) && !rule.line.contains("| rare:");
        self.0.iter().filter(|rule| rule.used == 0).filter(expected).map(|rule| rule.line.as_str()).collect()
    }
}

fn rule(line: &str) -> Result<Rule, String> {
    let [command, comparison, reason] = line.splitn(3, " | ").map(str::trim).collect::<Vec<_>>()[..] else {
        return Err(format!("not of the form 'command | comparison | reason': {line}"));
    };
    if reason.is_empty() {
        return Err(format!("without a reason: {line}"));
    }
    let (kind, rest) = comparison.split_once(' ').unwrap_or((comparison, ""));
    let comparison = match kind {
        "unordered" => Comparison::Unordered(match rest {
            "" => Within::Items,
            "pairs" => Within::Pairs,
            "nested" => Within::Nested,
            _ => return Err(format!("unordered what? {line}")),
        }),
        "within" => Comparison::Within(rest.parse().map_err(|_| format!("no number: {line}"))?),
        "idle" => Comparison::Idle(rest.parse().map_err(|_| format!("no number: {line}"))?),
        "but" => Comparison::But(rest.split(' ').map(Into::into).collect()),
        "doubles" => Comparison::Doubles,
        "shape" => Comparison::Shape,
        "kind" => Comparison::Kind,
        "page" => Comparison::Page,
        "until" if rest == "zero" => Comparison::UntilZero,
        "any" => Comparison::Any,
        "ours" => Comparison::Ours(rest.into()),
        "texts" => {
            let (redis, ours) = rest.split_once(" => ").ok_or_else(|| format!("no ' => ': {line}"))?;
            Comparison::Texts(redis.into(), ours.into())
        }
        _ => return Err(format!("no such comparison: {line}")),
    };
    let (in_exec, command) = match command.strip_prefix("EXEC: ") {
        Some(command) => (true, command),
        None => (false, command),
    };
    let words = command.split(' ').map(str::to_uppercase).collect();
    Ok(Rule { line: line.into(), words, in_exec, comparison, used: 0 })
}

impl Rule {
    fn matches(&self, item: &Item) -> bool {
        let same = |(word, arg): (&String, &Vec<u8>)| word == "*" || arg.eq_ignore_ascii_case(word.as_bytes());
        let (words, exact) = match self.words.split_last() {
            Some((end, words)) if end == "$" => (words, true),
            _ => (&self.words[..], false),
        };
        let len = if exact { item.args.len() == words.len() } else { item.args.len() >= words.len() };
        len && words.iter().zip(&item.args).all(same)
    }
}

impl Comparison {
    fn accepts(&self, redis: &Value, ours: &Value) -> bool {
        match self {
            Self::Unordered(within) => sorted(redis, *within) == sorted(ours, *within),
            Self::Within(tolerance) => match (redis, ours) {
                (Value::Int(redis), Value::Int(ours)) => (i128::from(*redis) - i128::from(*ours)).abs() <= i128::from(*tolerance),
                _ => false,
            },
            Self::Idle(tolerance) => same_but_idle(redis, ours, *tolerance),
            Self::But(names) => same_but(redis, ours, names),
            Self::Doubles => same_doubles(redis, ours),
            Self::Shape => same_shape(redis, ours),
            Self::Kind => std::mem::discriminant(redis) == std::mem::discriminant(ours) && !ours.is_error(),
            Self::Page => [redis, ours].iter().all(|value| {
                matches!(value.items(), Some([Value::Bulk(cursor), Value::Array(_)]) if cursor.iter().all(u8::is_ascii_digit))
            }),
            Self::UntilZero => same_until_zero(redis, ours),
            Self::Any => true,
            Self::Ours(pattern) => glob(pattern.as_bytes(), format!("{ours:?}").as_bytes()),
            Self::Texts(one, two) => {
                glob(one.as_bytes(), format!("{redis:?}").as_bytes()) && glob(two.as_bytes(), format!("{ours:?}").as_bytes())
            }
        }
    }
}

/// The value with its items in one order.
fn sorted(value: &Value, within: Within) -> Value {
    let inner = |value: &Value| if within == Within::Nested { sorted(value, within) } else { value.clone() };
    let order = |items: &[Value]| {
        let mut items: Vec<Value> = items.iter().map(inner).collect();
        items.sort();
        items
    };
    match value {
        Value::Map(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().map(|(key, value)| (inner(key), inner(value))).collect();
            pairs.sort();
            Value::Map(pairs)
        }
        Value::Array(items) if within == Within::Pairs && items.len().is_multiple_of(2) => {
            let mut pairs: Vec<_> = items.chunks(2).collect();
            pairs.sort();
            Value::Array(pairs.concat())
        }
        Value::Array(items) => Value::Array(order(items)),
        Value::Set(items) => Value::Set(order(items)),
        other => other.clone(),
    }
}

fn same_but_idle(a: &Value, b: &Value, tolerance: i64) -> bool {
    match (a.items(), b.items()) {
        (Some([id, name, Value::Int(a), count]), Some([other_id, other_name, Value::Int(b), other_count])) => {
            [id, name, count] == [other_id, other_name, other_count] && (a - b).abs() <= tolerance
        }
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but_idle(a, b, tolerance)),
        _ => a == b,
    }
}

fn same_but(a: &Value, b: &Value, names: &[String]) -> bool {
    let is_left_out = |name: &Value| name.text().is_some_and(|text| names.contains(&text));
    if let (Value::Map(a), Value::Map(b)) = (a, b) {
        let same = |((key, a), (other, b)): (&(Value, Value), &(Value, Value))| {
            key == other && (is_left_out(key) || same_but(a, b, names))
        };
        return a.len() == b.len() && a.iter().zip(b).all(same);
    }
    match (a.items(), b.items()) {
        (Some(a), Some(b)) => {
            a.len() == b.len()
                && (0..a.len()).all(|at| at > 0 && is_left_out(&a[at - 1]) || same_but(&a[at], &b[at], names))
        }
        _ => a == b,
    }
}

fn same_doubles(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| value.text().and_then(|text| text.parse::<f64>().ok());
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_doubles(a, b)),
        (Value::Bulk(_), Value::Bulk(_)) | (Value::Double(_), Value::Double(_)) => {
            a == b || number(a).is_some_and(|a| number(b) == Some(a))
        }
        _ => a == b,
    }
}

fn same_shape(a: &Value, b: &Value) -> bool {
    let all = |a: &[Value], b: &[Value]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_shape(a, b));
    match (a, b) {
        (Value::Array(a), Value::Array(b)) | (Value::Set(a), Value::Set(b)) | (Value::Push(a), Value::Push(b)) => {
            all(a, b)
        }
        // A map's keys are names: they have to be the same.
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((key, a), (other, b))| key == other && same_shape(a, b))
        }
        (Value::Error(a), Value::Error(b)) => a == b,
        (Value::Simple(_), Value::Bulk(_)) => false,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn same_until_zero(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_until_zero(a, b)),
        (Value::Bulk(a), Value::Bulk(b)) => {
            let start = |text: &[u8]| text.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
            start(a) == start(b)
        }
        _ => a == b,
    }
}

/// `*` stands for anything.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        [byte, rest @ ..] => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episode::How;

    fn item(command: &str) -> Item {
        let args = command.split(' ').map(Into::into).collect();
        Item { connection: 0, burst: 0, args, how: How::Frame, answered: true, points: Vec::new() }
    }

    fn accepts(rule: &str, command: &str, redis: &[u8], ours: &[u8]) -> bool {
        let value = |raw| Value::decode(raw).unwrap().unwrap().0;
        Differences::parse(rule).unwrap().accept(&item(command), &[], &value(redis), &value(ours))
    }

    #[test]
    fn a_rule_lets_pass_what_it_says_and_no_more() {
        assert!(accepts("TTL | within 2 | r", "ttl k", b":5\r\n", b":7\r\n"));
        assert!(!accepts("TTL | within 2 | r", "ttl k", b":5\r\n", b":8\r\n"));
        assert!(!accepts("TTL | within 2 | r", "PTTL k", b":5\r\n", b":6\r\n"));
        assert!(accepts("KEYS | unordered | r", "keys *", b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:1\r\n"));
        assert!(!accepts("KEYS | unordered | r", "keys *", b"*2\r\n:1\r\n:1\r\n", b"*2\r\n:2\r\n:1\r\n"));
        let (redis, swapped) = (b"*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", b"*4\r\n:3\r\n:4\r\n:1\r\n:2\r\n");
        assert!(accepts("X | unordered pairs | r", "x", redis, swapped));
        assert!(!accepts("X | unordered pairs | r", "x", redis, b"*4\r\n:2\r\n:1\r\n:3\r\n:4\r\n"));
        assert!(accepts("CLIENT ID | shape | r", "client id", b":1\r\n", b":9\r\n"));
        assert!(!accepts("CLIENT ID | shape | r", "client id", b":1\r\n", b"$1\r\n9\r\n"));
        assert!(!accepts("INFO | kind | r", "info", b"-ERR a\r\n", b"-ERR b\r\n"));
        assert!(accepts("X * Y | ours +O* | r", "x any y more", b"-ERR a\r\n", b"+OK\r\n"));
        assert!(!accepts("X * Y | ours +O* | r", "x any z", b"-ERR a\r\n", b"+OK\r\n"));
        assert!(accepts("X | texts -ERR a* => -ERR b* | r", "x", b"-ERR ab\r\n", b"-ERR bb\r\n"));
        assert!(!accepts("X | texts -ERR a* => -ERR b* | r", "x", b"-ERR cb\r\n", b"-ERR bb\r\n"));
        let (short, long) = (b"*1\r\n$1\r\na\r\n", b"*1\r\n$3\r\na\x00b\r\n");
        assert!(accepts("X | until zero | r", "x", short, long));
        assert!(!accepts("X | until zero | r", "x", short, b"*1\r\n$3\r\nb\x00b\r\n"));
        assert!(!accepts("X | until zero | r", "x", short, b"*2\r\n$1\r\na\r\n$1\r\na\r\n"));
        for wrong in
            ["X | until | r", "X | shape", "X | nosuch | r", "X | within x | r", "X | texts a | r", "X | shape | "]
        {
            assert!(Differences::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_transaction_is_compared_command_by_command() {
        let mut differences = Differences::parse("PTTL | within 5 | r").unwrap();
        let queued = [item("PTTL k"), item("INCR n")];
        let reply = |ttl, n| Value::Array(vec![Value::Int(ttl), Value::Int(n)]);
        assert!(differences.accept(&item("EXEC"), &queued, &reply(10, 1), &reply(12, 1)));
        assert!(!differences.accept(&item("EXEC"), &queued, &reply(10, 1), &reply(10, 2)));
        assert!(differences.unused().is_empty());
        let mut differences = Differences::parse("EXEC: INCR | any | r").unwrap();
        assert!(differences.accept(&item("EXEC"), &queued, &reply(10, 1), &reply(10, 2)));
        assert!(!differences.accept(&item("INCR n"), &[], &Value::Int(1), &Value::Int(2)));
    }
}
