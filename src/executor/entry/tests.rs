use super::*;
use crate::executor::{Asker, Command, Exec, Mark, Watch};
use crate::protocol::Args;

fn marks() -> [Mark; 5] {
    [
        Mark::Present { revision: 9, deadline_ms: 4 },
        Mark::Present { revision: 9, deadline_ms: 0 },
        Mark::Absent { at: 9 },
        Mark::Absent { at: 0 },
        Mark::Absent { at: u64::MAX },
    ]
}

fn victims() -> Vec<Victim> {
    let victim = |db, key: &[u8], revision, deadline_ms| Victim { db, key: key.into(), revision, deadline_ms };
    vec![victim(0, b"", 0, 0), victim(15, b"key", u64::MAX, 1 << 40)]
}

fn sample() -> Bytes {
    let mut batch = BatchWriter::new(7, 3, 0);
    batch.plain(0, &Args::from_slices(["SET", "k", "v"]));
    let get = crate::command::lookup(b"get").unwrap();
    batch.exec(&Exec {
        watches: marks().map(|mark| Watch { db: 1, key: Bytes::from_static(b"w"), mark }).to_vec(),
        commands: vec![Command::new(get, 2, Args::from_slices(["GET", "k"]))],
    });
    seal(batch.finish(), Stamp { now_ms: 11, digest_index: 1024, digest: 5 })
}

#[test]
fn a_batch_reads_back_as_written() {
    let entry = decode(&sample()).unwrap();
    assert_eq!(entry.stamp, Stamp { now_ms: 11, digest_index: 1024, digest: 5 });
    let Content::Batch(batch) = entry.content else { panic!() };
    assert_eq!((batch.boot, batch.seq, batch.count), (7, 3, 2));
    let commands = batch.read_all().unwrap();
    let LogCommand::Plain { is_short_of_memory: false, in_cluster: false, user: None, db: 0, asker: None, args } =
        &commands[0]
    else {
        panic!()
    };
    assert_eq!(args.iter().collect::<Vec<_>>(), [&b"SET"[..], b"k", b"v"]);
    let LogCommand::Exec { is_short_of_memory: false, in_cluster: false, user: None, asker: None, watches, commands } =
        &commands[1]
    else {
        panic!()
    };
    assert!(watches.iter().map(|watch| (watch.db, &watch.key[..], watch.mark)).eq(marks().map(|mark| (
        1,
        &b"w"[..],
        mark
    ))));
    assert_eq!(commands[0].0, 2);
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let sealed = sample();
    for bit in 0..sealed.len() * 8 {
        let mut bytes = sealed.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&bytes.into()).is_err(), "bit {bit}");
    }
    for len in 0..sealed.len() {
        assert!(decode(&sealed.slice(..len)).is_err(), "cut at {len}");
    }
}

#[test]
fn entries_of_the_leader_itself_read_back_as_written() {
    let addr = |text: &str| text.to_owned();
    let (cluster, nonce, revision, level) = (1 << 90, 5, 6, 7);
    let options = vec![("script-budget".to_owned(), 8)];
    for content in [
        Content::Create { cluster, nonce, peer_addr: addr("p"), client_addr: addr("c"), revision, level, options },
        Content::Boot { node: 3, nonce },
        Content::EndBoot { boot: 4 },
        Content::Absent { boot: 4 },
        Content::Evict { number: 5, is_none_left: true, victims: Vec::new() },
        Content::Evict { number: 5, is_none_left: false, victims: victims() },
        Content::Tick,
        Content::Raise { level },
        Content::Recreate { cluster, node: 3, nonce, peer_addr: addr("p"), client_addr: addr("c"), revision, level },
    ] {
        let stamp = Stamp { now_ms: 11, digest_index: 1024, digest: 5 };
        let unsealed = encode(&content);
        let forwardable = matches!(content, Content::Boot { .. } | Content::EndBoot { .. });
        assert_eq!(is_forwardable(&unsealed), forwardable, "{content:?}");
        assert_eq!(decode(&seal(unsealed, stamp)), Ok(LogEntry { stamp, content }));
    }
}

#[test]
fn victims_that_are_cut_or_of_no_database_are_corrupt() {
    let unsealed = encode(&Content::Evict { number: 5, is_none_left: false, victims: victims() });
    for len in HEAD_LEN..unsealed.len() {
        let cut = BytesMut::from(&unsealed[..len]);
        assert!(matches!(decode(&seal(cut, Stamp::default())), Err(Corrupt::Truncated)), "{len}");
    }
    let victim = Victim { db: 16, ..victims().remove(1) };
    let unsealed = encode(&Content::Evict { number: 5, is_none_left: false, victims: vec![victim] });
    assert_eq!(decode(&seal(unsealed, Stamp::default())), Err(Corrupt::Invalid));
}

#[test]
fn who_asks_travels_with_the_command() {
    let set = crate::command::lookup(b"set").unwrap();
    let command = Command::new(set, 3, Args::from_slices(["SET", "k", "v"]));
    let asker = Asker::new(5 << 32, 9);
    let [v4, v6] = ["10.0.0.1:5000", "[fe80::1]:65535"].map(|addr| Asker { from: addr.parse().ok(), ..asker });
    let mut batch = BatchWriter::new(7, 3, 0);
    batch.add(&command.clone().asked_by(v4));
    batch.add(&Command { is_short_of_memory: true, ..command.clone() }.asked_by(asker));
    batch.add(&command);
    batch.add(&Command { exec: Some(Box::default()), ..command.clone() }.asked_by(asker));
    batch.add(&Command { exec: Some(Box::default()), ..command }.asked_by(v6));
    let Content::Batch(batch) = decode(&seal(batch.finish(), Stamp::default())).unwrap().content else { panic!() };
    let read = |command: &LogCommand| match command {
        LogCommand::Plain { is_short_of_memory, db, asker, args, .. } => (*is_short_of_memory, *db, *asker, args.len()),
        LogCommand::Exec { is_short_of_memory, asker, commands, .. } => {
            (*is_short_of_memory, 0, *asker, commands.len())
        }
    };
    let commands: Vec<_> = batch.read_all().unwrap().iter().map(read).collect();
    let plain = [(false, 3, Some(v4), 3), (true, 3, Some(asker), 3), (false, 3, None, 3)];
    assert_eq!(commands[..3], plain);
    assert_eq!(commands[3..], [(false, 0, Some(asker), 0), (false, 0, Some(v6), 0)]);
}

#[test]
fn whose_a_script_is_travels_with_it() {
    let eval = crate::command::lookup(b"eval").unwrap();
    let command = Command::new(eval, 0, Args::from_slices(["EVAL", "return 1", "0"]));
    let get = Command::new(crate::command::lookup(b"get").unwrap(), 0, Args::from_slices(["GET", "k"]));
    let exec = Exec { commands: vec![get, command.clone()], ..Exec::default() };
    let mut transaction = Command { exec: Some(Box::new(exec)), ..command.clone() };
    transaction.set_user(&"bob".into());
    let inner = &transaction.exec.as_ref().unwrap().commands;
    assert_eq!((inner[0].user.as_deref(), inner[1].user.as_deref()), (None, Some(&b"bob"[..])));
    let mut named = command.clone();
    named.set_user(&"".into());
    let mut batch = BatchWriter::new(7, 3, 0);
    [&command, &named, &transaction].into_iter().for_each(|command| batch.add(command));
    let Content::Batch(batch) = decode(&seal(batch.finish(), Stamp::default())).unwrap().content else { panic!() };
    let read = |command: &LogCommand| match command {
        LogCommand::Plain { user, .. } | LogCommand::Exec { user, .. } => user.clone(),
    };
    let users: Vec<_> = batch.read_all().unwrap().iter().map(read).collect();
    assert_eq!(users, [None, Some("".into()), Some("bob".into())]);
}

#[test]
fn that_a_script_runs_for_a_client_of_redis_cluster_travels_with_it() {
    let eval = crate::command::lookup(b"eval").unwrap();
    let command = Command::new(eval, 0, Args::from_slices(["EVAL", "return 1", "0"]));
    let exec = Exec { commands: vec![command.clone()], ..Exec::default() };
    let mut transaction = Command { exec: Some(Box::new(exec)), ..command.clone() };
    transaction.set_in_cluster();
    assert!(transaction.in_cluster && transaction.exec.as_ref().unwrap().commands[0].in_cluster);
    let mut batch = BatchWriter::new(7, 3, 0);
    batch.add(&command);
    batch.add(&Command { in_cluster: true, is_short_of_memory: true, ..command });
    batch.add(&transaction);
    let Content::Batch(batch) = decode(&seal(batch.finish(), Stamp::default())).unwrap().content else { panic!() };
    let read = |command: &LogCommand| match command {
        LogCommand::Plain { is_short_of_memory, in_cluster, .. }
        | LogCommand::Exec { is_short_of_memory, in_cluster, .. } => (*is_short_of_memory, *in_cluster),
    };
    let commands: Vec<_> = batch.read_all().unwrap().iter().map(read).collect();
    assert_eq!(commands, [(false, false), (true, true), (false, true)]);
}

#[test]
fn stamping_again_changes_the_stamp_alone() {
    let sealed = seal(unseal(&sample()), Stamp { now_ms: 12, ..Stamp::default() });
    let (again, first) = (decode(&sealed).unwrap(), decode(&sample()).unwrap());
    assert_eq!(again.stamp.now_ms, 12);
    assert_eq!(again.content, first.content);
}

#[test]
fn the_verdict_on_memory_travels_with_the_command() {
    let eval = crate::command::lookup(b"eval").unwrap();
    let mut command = Command::new(eval, 3, Args::from_slices(["EVAL", "return 1", "0"]));
    command.is_short_of_memory = true;
    let mut batch = BatchWriter::new(7, 3, 0);
    batch.add(&command);
    batch.add(&Command { exec: Some(Box::default()), ..command.clone() });
    batch.add(&Command { is_short_of_memory: false, ..command });
    let Content::Batch(batch) = decode(&seal(batch.finish(), Stamp::default())).unwrap().content else { panic!() };
    let verdicts: Vec<bool> = batch
        .read_all()
        .unwrap()
        .iter()
        .map(|command| match command {
            LogCommand::Plain { is_short_of_memory, .. } | LogCommand::Exec { is_short_of_memory, .. } => {
                *is_short_of_memory
            }
        })
        .collect();
    assert_eq!(verdicts, [true, true, false]);
}
