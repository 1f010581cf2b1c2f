//! An episode on two servers at once, and the first answer in which they differ.

use crate::atoms::PAST_SECONDS;
use crate::differences::Differences;
use crate::episode::{CONNECTIONS, Item};
use crate::support::value::Value;
use crate::target::{Answer, Target};

/// The first difference of an episode.
#[derive(Debug)]
pub struct Failure {
    /// Which command; the episode's length for a difference in the state at its end.
    pub at: usize,
    /// Its name, the same for the same kind of failure.
    pub name: String,
    /// What came.
    pub redis: String,
    /// What came.
    pub ours: String,
}

/// What was seen of one episode: replies of Redis that count, and those of them that are no errors.
#[derive(Debug, Default)]
pub struct Counts {
    /// All replies; those of a transaction instead of its EXEC and QUEUED.
    pub replies: u64,
    /// Those that are no errors.
    pub successes: u64,
}

/// Two servers that should answer alike.
pub struct Pair {
    /// The oracle.
    pub redis: Target,
    /// The server under test.
    pub ours: Target,
    /// What may differ.
    pub differences: Differences,
}

impl Pair {
    /// Runs an episode on empty servers.
    pub fn run(&mut self, items: &[Item], counts: &mut Counts) -> Option<Failure> {
        self.redis.reset();
        self.ours.reset();
        let mut queues: Vec<Option<Vec<Item>>> = vec![None; CONNECTIONS];
        let mut at = 0;
        for burst in items.chunk_by(|a, b| (a.connection, a.burst) == (b.connection, b.burst)) {
            self.redis.send(burst);
            self.ours.send(burst);
            let answers = (self.redis.receive(burst), self.ours.receive(burst));
            let queue = &mut queues[burst[0].connection];
            for (item, (redis, ours)) in burst.iter().zip(answers.0.into_iter().zip(answers.1)) {
                let queued = queue.clone().unwrap_or_default();
                let same = match (&redis, &ours) {
                    (Answer::Reply(redis), Answer::Reply(ours)) => self.differences.accept(item, &queued, redis, ours),
                    _ => redis == ours && !matches!(redis, Answer::Broken(_)),
                };
                if !same {
                    let name = item.name(1);
                    return Some(Failure { at, name, redis: format!("{redis:?}"), ours: format!("{ours:?}") });
                }
                count(&redis, counts);
                track(queue, item, &redis);
                at += 1;
            }
        }
        if let (Some(redis), Some(ours)) = (self.redis.events(), self.ours.events())
            && redis != ours
            && but_del(&redis, &due_keys(items)) != but_del(&ours, &due_keys(items))
        {
            let same = redis.iter().zip(&ours).take_while(|(redis, ours)| redis == ours).count();
            let shown = |events: &[(String, String)]| {
                format!("{:?}", events.iter().skip(same.saturating_sub(2)).take(6).collect::<Vec<_>>())
            };
            // The first that is another names the kind of failure.
            let event = redis.get(same).or(ours.get(same)).map_or("", |(_, text)| text);
            let name = format!("the event {event}");
            return Some(Failure { at, name, redis: shown(&redis), ours: shown(&ours) });
        }
        let (redis, ours) = (self.redis.state(), self.ours.state());
        let (redis, ours) = redis.into_iter().zip(ours).find(|(redis, ours)| redis != ours)?;
        let (redis_state, ours_state) = (format!("{:?}", redis.1), format!("{:?}", ours.1));
        Some(Failure { at, name: format!("the state of {}", redis.0), redis: redis_state, ours: ours_state })
    }
}

/// The keys that were SET with a deadline which was over by then. A command that does not look at what it overwrites (BITOP, SINTERSTORE …) has
/// Redis tell of `del` for them, if no cycle of its own has removed them before.
fn due_keys(items: &[Item]) -> Vec<String> {
    let is_due = |item: &&Item| {
        let deadlines = item.args.windows(2).filter_map(|two| {
            let unit_s = match two[0].to_ascii_uppercase().as_slice() {
                b"EXAT" => 1,
                b"PXAT" => 1000,
                _ => return None,
            };
            Some(std::str::from_utf8(&two[1]).ok()?.parse::<i64>().ok()? / unit_s)
        });
        item.is("SET") && deadlines.into_iter().any(|deadline_s| deadline_s < PAST_SECONDS)
    };
    items.iter().filter(is_due).filter_map(|item| String::from_utf8(item.args.get(1)?.clone()).ok()).collect()
}

/// What is left without the event `del` of these keys.
fn but_del<'a>(events: &'a [(String, String)], keys: &[String]) -> Vec<&'a (String, String)> {
    let is_del = |(channel, text): &(String, String)| {
        let of = |key: &String| {
            (text == "del" && channel.ends_with(&format!("__:{key}"))) || (text == key && channel.ends_with("__:del"))
        };
        keys.iter().any(of)
    };
    events.iter().filter(|event| !is_del(event)).collect()
}

fn count(answer: &Answer, counts: &mut Counts) {
    let Answer::Reply(value) = answer else { return };
    let one = |value: &Value, counts: &mut Counts| {
        counts.replies += 1;
        counts.successes += u64::from(!value.is_error());
    };
    match value {
        Value::Simple(text) if text == b"QUEUED" => {}
        Value::Array(items) if items.iter().any(Value::is_error) => items.iter().for_each(|item| one(item, counts)),
        value => one(value, counts),
    }
}

/// Follows what a connection has queued, so that EXEC's replies can be told apart.
fn track(queue: &mut Option<Vec<Item>>, item: &Item, answer: &Answer) {
    let Answer::Reply(value) = answer else {
        if *answer == Answer::Closed {
            *queue = None;
        }
        return;
    };
    match value {
        Value::Simple(text) if text == b"QUEUED" => queue.get_or_insert_default().push(item.clone()),
        Value::Error(text) if item.is("EXEC") && !text.starts_with(b"EXECABORT") => {}
        Value::Error(_) if !item.is("EXEC") => {}
        _ if item.is("MULTI") => *queue = Some(Vec::new()),
        _ if ["EXEC", "DISCARD", "RESET", "QUIT"].iter().any(|name| item.is(name)) => *queue = None,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episode::How;

    #[test]
    fn del_is_left_out_of_keys_alone_that_were_due_when_they_were_set() {
        let item = |command: &str| {
            let args = command.split(' ').map(Into::into).collect();
            Item { connection: 0, burst: 0, args, how: How::Frame, answered: true, points: Vec::new() }
        };
        let items =
            ["SET a v EXAT 1600000000", "set b v pxat 1600000000000", "SET c v EXAT 4000000000", "GETEX d EXAT 1"];
        let due = due_keys(&items.map(item));
        assert_eq!(due, ["a", "b"]);
        let event = |channel: &str, text: &str| (channel.to_owned(), text.to_owned());
        let events = [
            event("__keyspace@0__:a", "del"),
            event("__keyevent@0__:del", "a"),
            event("__keyspace@0__:a", "set"),
            event("__keyspace@0__:c", "del"),
            event("__keyevent@0__:del", "c"),
        ];
        assert_eq!(but_del(&events, &due), events[2..].iter().collect::<Vec<_>>());
    }
}
