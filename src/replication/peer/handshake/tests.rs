//! Who may end whom, and what a stranger gets to see.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, LazyLock};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::secret::{PROOF_LEN, Prover, Secret};
use super::super::{Identity, frame};
use super::*;
use crate::replication::testing::Pipe;
use crate::sys::clock::SystemClocks;
use crate::sys::env::{BoxStream, Listener, Tcp};

const CLUSTER: u128 = 77;
const WHY: &str = "you were removed";
/// The members' secret, and two that are not: to make one takes its time.
static SECRETS: LazyLock<[Secret; 3]> =
    LazyLock::new(|| [SECRET, GUESS, OTHER].map(|password| Secret::of(password).unwrap()));
const SECRET: &str = "secret";
const GUESS: &str = "guess";
const OTHER: &str = "other";

fn secret(password: &str) -> Secret {
    SECRETS.iter().find(|secret| secret.password() == password).cloned().unwrap_or_default()
}

fn env() -> Env {
    env_from(1)
}

/// One with other nonces.
fn env_from(first: u64) -> Env {
    let next = AtomicU64::new(first);
    let random = Arc::new(move || next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    Env {
        clocks: Arc::new(SystemClocks),
        net: Arc::new(Tcp),
        random,
        threads: false,
        level: 1,
        spikes: Arc::default(),
        memory: crate::sys::memory::used_bytes,
    }
}

fn identity(node: u64, password: &str) -> Identity {
    Identity::new(CLUSTER, node, 100 + node, 1, secret(password))
}

fn of_another_cluster(node: u64) -> Identity {
    Identity::new(CLUSTER + 1, node, 100 + node, 1, secret(SECRET))
}

async fn listen(env: &Env) -> (Box<dyn Listener>, String) {
    let listener = env.net.bind("127.0.0.1", 0).await.unwrap();
    let addr = format!("127.0.0.1:{}", listener.port());
    (listener, addr)
}

/// Node 1 calls node 2, which judges so; what becomes of node 1's call, and whether node 2 came to judge.
async fn call(dialer: &Identity, acceptor: &Identity, judged: Result<(), Refused>) -> (io::Result<()>, bool) {
    let env = env();
    let (listener, addr) = listen(&env).await;
    let mut was_judged = false;
    let accepting = async {
        let mut stream = listener.accept().await.unwrap();
        let judge = |_: &Hello| {
            was_judged = true;
            judged
        };
        let result = accept(&env, acceptor, &mut stream, judge).await;
        if let Err(Failed::Stranger(stranger)) = &result {
            turn_away(&mut stream, *stranger).await.unwrap();
        }
        (result, stream)
    };
    let (dialed, _) = tokio::join!(dial(&env, dialer, 2, &addr, Purpose::Control), accepting);
    (dialed.map(drop), was_judged)
}

/// Node 1 calls what answers with these frames, made from its `Hello`, one for each frame that it sends.
async fn call_stranger(dialer: &Identity, answers: impl Fn(Bytes) -> Vec<(u8, Vec<u8>)>) -> io::Result<()> {
    let env = env();
    let (listener, addr) = listen(&env).await;
    let stranger = async {
        let mut stream = listener.accept().await.unwrap();
        let hello = frame::read_exactly(&mut stream, FRAME_LEN_MAX).await.unwrap();
        for (kind, body) in answers(hello.body) {
            frame::write_parts(&mut stream, 0, kind, &[body.into()]).await.unwrap();
            // The dialer may have hung up.
            let _ = frame::read_exactly(&mut stream, FRAME_LEN_MAX).await;
        }
    };
    // It hangs up when it is let in, so that nobody waits for more.
    let dialing = async { dial(&env, dialer, 2, &addr, Purpose::Control).await.map(drop) };
    tokio::join!(dialing, stranger).0
}

/// A `Hello` of node 1 for node 2, of this version.
fn hello_of(version: u16) -> Vec<u8> {
    let mut hello = MAGIC.to_vec();
    hello.extend(version.to_le_bytes());
    hello.push(Purpose::Control as u8);
    hello.extend(CLUSTER.to_le_bytes());
    [1u64, 999].iter().for_each(|number| hello.extend(number.to_le_bytes()));
    hello.extend(1u32.to_le_bytes());
    hello.extend(2u64.to_le_bytes());
    hello.extend(5u128.to_le_bytes());
    hello
}

/// What node 2 says to who sends this `Hello` and what `then` makes of its challenge; all of it, and why it did not let him in.
async fn stranger_calls(
    acceptor: &Identity,
    hello: Vec<u8>,
    then: impl Fn(&Bytes) -> Vec<u8>,
) -> (Vec<frame::Frame>, Failed) {
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let accepting = async {
        let mut stream: BoxStream = Box::new(Pipe(near));
        let failed = accept(&env(), acceptor, &mut stream, |_| panic!("judged")).await.unwrap_err();
        if let Failed::Stranger(stranger) = &failed {
            turn_away(&mut stream, *stranger).await.unwrap();
        }
        failed
    };
    let stranger = async {
        far.write_all(&frame::encode(0, HELLO, &hello)).await.unwrap();
        let mut frames = vec![frame::read_exactly(&mut far, FRAME_LEN_MAX).await.unwrap()];
        if frames[0].kind == CHALLENGE {
            far.write_all(&frame::encode(0, PROOF, &then(&frames[0].body))).await.unwrap();
        }
        let mut rest = BytesMut::new();
        while far.read_buf(&mut rest).await.unwrap() > 0 {}
        while let Some(frame) = frame::decode(&mut rest).unwrap() {
            frames.push(frame);
        }
        assert!(rest.is_empty());
        frames
    };
    let (failed, frames) = tokio::join!(accepting, stranger);
    (frames, failed)
}

fn refusal(kind: u8) -> Vec<u8> {
    [&verdict(kind, WHY)[..], &1u32.to_le_bytes()].concat()
}

fn expelled(identity: &Identity) -> Option<String> {
    identity.expelled.lock().clone()
}

#[tokio::test]
async fn peer_with_the_secret_is_obeyed() {
    for password in ["", SECRET] {
        let (one, two) = (identity(1, password), identity(2, password));
        assert!(call(&one, &two, Ok(())).await.0.is_ok());
        let refused = call(&one, &two, Err(Refused::NotNow(WHY.into()))).await.0.unwrap_err();
        assert!(refused.to_string().contains(WHY));
        assert!(one.objections().is_empty() && expelled(&one).is_none());
        assert!(call(&one, &two, Err(Refused::Objected(WHY.into()))).await.0.is_err());
        assert_eq!(one.objections().get(&2).map(String::as_str), Some(WHY));
        assert!(call(&one, &two, Ok(())).await.0.is_ok());
        assert!(one.objections().is_empty(), "it talks to us again");
        for (refused, is_removed) in [(Refused::Expelled(WHY.into()), false), (Refused::Removed(WHY.into()), true)] {
            let one = identity(1, password);
            assert!(call(&one, &two, Err(refused)).await.0.is_err());
            assert_eq!((expelled(&one).as_deref(), one.is_removed()), (Some(WHY), is_removed));
        }
    }
}

#[tokio::test]
async fn another_cluster_and_another_target_are_told_apart() {
    let one = identity(1, SECRET);
    let other = of_another_cluster(2);
    let (refused, judged) = call(&one, &other, Ok(())).await;
    assert!(refused.unwrap_err().to_string().contains("another cluster") && !judged);
    assert_eq!(one.objections().len(), 1);
    // Neither is anybody's fault.
    let one = identity(1, SECRET);
    for other in [identity(3, SECRET), of_another_cluster(3)] {
        let (refused, judged) = call(&one, &other, Ok(())).await;
        assert!(refused.unwrap_err().to_string().contains("node 3 answers here") && !judged);
        assert!(one.objections().is_empty());
    }
}

/// It is not even noted: a call under a member's id would make the member's own process the older one.
#[tokio::test]
async fn a_caller_without_the_secret_is_not_judged() {
    let two = identity(2, SECRET);
    let (refused, judged) = call(&identity(1, GUESS), &two, Ok(())).await;
    assert!(refused.is_err() && !judged);
    // Nor if it goes on as if the proofs were right.
    let (_, failed) = stranger_calls(&two, hello_of(VERSION), |_| vec![0; PROOF_LEN]).await;
    let Failed::Stranger(stranger) = failed else { panic!("{failed:?}") };
    assert!(stranger.to_string().contains("requirepass"), "{stranger}");
}

/// A node with any other secret says the very same to him: there is nothing in it to try passwords on.
#[tokio::test]
async fn a_stranger_sees_nothing_that_depends_on_the_secret() {
    let proofs: [fn(&Bytes) -> Vec<u8>; 4] = [
        |_| vec![0; PROOF_LEN],
        |_| Vec::new(),
        |challenge| secret(GUESS).prove(Prover::Dialer, &[&hello_of(VERSION), challenge]).to_vec(),
        // What it has heard is no proof either.
        |challenge| challenge.to_vec(),
    ];
    for proof in proofs {
        let mut said = Vec::new();
        for password in ["", SECRET, OTHER] {
            let (frames, failed) = stranger_calls(&identity(2, password), hello_of(VERSION), proof).await;
            assert!(matches!(failed, Failed::Stranger(Stranger::OtherSecret)), "{failed:?}");
            assert_eq!(frames.iter().map(|frame| frame.kind).collect::<Vec<_>>(), [CHALLENGE, REFUSED]);
            said.push(frames);
        }
        assert!(said.iter().all(|frames| *frames == said[0]), "{said:?}");
    }
    // Before it has said who it is, nobody says anything.
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let mut stream: BoxStream = Box::new(Pipe(near));
    let (env, two) = (env(), identity(2, SECRET));
    let accepting = async {
        accept(&env, &two, &mut stream, |_| panic!("judged")).await.unwrap_err();
        drop(stream);
    };
    let silent = async {
        far.shutdown().await.unwrap();
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        heard
    };
    assert_eq!(tokio::join!(accepting, silent).1, Vec::<u8>::new());
}

/// A proof is of one side: who has a member prove something, by being called or by calling, cannot use it as the other one.
#[tokio::test]
async fn a_proof_is_not_taken_back_from_the_other_side() {
    let two = identity(2, SECRET);
    let hello = Bytes::from(hello_of(VERSION));
    let as_acceptor = |challenge: &Bytes| secret(SECRET).prove(Prover::Acceptor, &[&hello, challenge]).to_vec();
    let (_, failed) = stranger_calls(&two, hello.to_vec(), as_acceptor).await;
    assert!(matches!(failed, Failed::Stranger(Stranger::OtherSecret)), "{failed:?}");
    // And the dialer's own proof is not the acceptor's, whatever the verdict says.
    let one = identity(1, SECRET);
    let answers = |hello: Bytes| {
        let challenge = vec![9; 24];
        let own = secret(SECRET).prove(Prover::Dialer, &[&hello, &challenge]);
        vec![(CHALLENGE, challenge), (VERDICT, [&own[..], &refusal(Refused::NONE)].concat()), (VERDICT, own.to_vec())]
    };
    assert!(call_stranger(&one, answers).await.is_err());
}

/// Node 1 calls node 2 through somebody who may change each frame on its way, by its kind; how it ends for both.
async fn relayed(
    one: &Identity,
    two: &Identity,
    mut meddle: impl FnMut(u8, &mut Vec<u8>),
) -> (io::Result<()>, Result<Hello, Failed>) {
    let env = env_from(1000);
    let (listener, addr) = listen(&env).await;
    let (near, mut to_two) = tokio::io::duplex(1 << 16);
    let accepting = async {
        let mut stream: BoxStream = Box::new(Pipe(near));
        accept(&env, two, &mut stream, |_| Ok(())).await
    };
    let between = async {
        let mut to_one = listener.accept().await.unwrap();
        for kind in [HELLO, CHALLENGE, PROOF, VERDICT] {
            let forth = kind == HELLO || kind == PROOF;
            let read = match forth {
                true => frame::read_exactly(&mut to_one, FRAME_LEN_MAX).await,
                false => frame::read_exactly(&mut to_two, FRAME_LEN_MAX).await,
            };
            let Ok(frame) = read else { return };
            assert_eq!(frame.kind, kind);
            let mut body = frame.body.to_vec();
            meddle(kind, &mut body);
            match forth {
                true => frame::write_parts(&mut to_two, 0, kind, &[body.into()]).await.unwrap(),
                false => frame::write_parts(&mut to_one, 0, kind, &[body.into()]).await.unwrap(),
            }
        }
    };
    let (dialed, accepted, ()) = tokio::join!(dial(&env, one, 2, &addr, Purpose::Control), accepting, between);
    (dialed.map(drop), accepted)
}

#[tokio::test]
async fn handshake_changed_on_its_way_is_refused() {
    let (one, two) = (identity(1, SECRET), identity(2, SECRET));
    let (dialed, accepted) = relayed(&one, &two, |_, _| {}).await;
    assert!(dialed.is_ok() && accepted.is_ok());
    // Behind the version: to whom, from whom, of which cluster, what for, and the nonces.
    for (kind, at) in (10..hello_of(VERSION).len()).map(|at| (HELLO, at)).chain((0..24).map(|at| (CHALLENGE, at))) {
        let change = |now, body: &mut Vec<u8>| {
            if now == kind {
                // Purpose 1 becomes 3.
                body[at] ^= 2;
            }
        };
        let (dialed, accepted) = relayed(&one, &two, change).await;
        assert!(dialed.is_err(), "{kind} {at}");
        assert!(matches!(accepted, Err(Failed::Stranger(Stranger::OtherSecret))), "{kind} {at}: {accepted:?}");
    }
    for at in 0..PROOF_LEN + 5 {
        let (dialed, _) = relayed(&one, &two, |kind, body| {
            if kind == VERDICT {
                body[at] ^= 2
            }
        })
        .await;
        assert!(dialed.is_err() && expelled(&one).is_none(), "{at}");
    }
}

/// What a member has said once is of no use for a later connection, nor is it at another node.
#[tokio::test]
async fn a_member_cannot_be_played_back() {
    let (one, two) = (identity(1, SECRET), identity(2, SECRET));
    let mut heard = Vec::new();
    let (dialed, accepted) = relayed(&one, &two, |_, body| heard.push(body.clone())).await;
    assert!(dialed.is_ok() && accepted.is_ok());
    let [hello, challenge, proof, verdict] = &heard[..] else { panic!("{heard:?}") };
    for acceptor in [&two, &identity(3, SECRET)] {
        let (_, failed) = stranger_calls(acceptor, hello.clone(), |_| proof.clone()).await;
        assert!(matches!(failed, Failed::Stranger(Stranger::OtherSecret)), "{failed:?}");
    }
    // Node 1 calls again, with another nonce.
    let answers = |_| vec![(CHALLENGE, challenge.clone()), (VERDICT, verdict.clone())];
    assert!(call_stranger(&one, answers).await.is_err());
}

#[tokio::test]
async fn a_peer_of_another_version_is_told_so() {
    let two = identity(2, SECRET);
    for version in [0, 1, VERSION - 1, VERSION + 1, u16::MAX] {
        // Whatever stands behind the version there.
        for len in [10, 11, hello_of(version).len(), 3000] {
            let mut hello = hello_of(version);
            hello.resize(len, 7);
            let (frames, failed) = stranger_calls(&two, hello, |_| panic!("challenged")).await;
            assert!(matches!(failed, Failed::Stranger(Stranger::OtherVersion(theirs)) if theirs == version));
            let [frame::Frame { kind: REFUSED, body, .. }] = &frames[..] else { panic!("{frames:?}") };
            let (kind, why, _) = read_verdict(body.clone()).unwrap();
            assert_eq!(kind, Refused::NOT_NOW);
            assert!(why.contains(&format!("version {version} ")) && why.contains("start the same version"), "{why}");
        }
    }
    // It says so to this version too; that ends nobody, because it may be a stranger.
    let one = identity(1, SECRET);
    let told = call_stranger(&one, |_| vec![(REFUSED, refusal(Refused::NOT_NOW))]).await.unwrap_err();
    assert!(told.to_string().contains(WHY), "{told}");
    assert!(one.objections().is_empty() && expelled(&one).is_none());
    // Version 3 hangs up.
    let hung_up = call_stranger(&one, |_| Vec::new()).await.unwrap_err();
    assert!(hung_up.to_string().contains("older version"), "{hung_up}");
}

#[tokio::test]
async fn a_stranger_at_a_members_address_ends_nobody() {
    let one = identity(1, SECRET);
    // A refusal instead of a proof.
    for kind in [Refused::EXPELLED, Refused::REMOVED, Refused::OBJECTED, Refused::NONE] {
        assert!(call_stranger(&one, |_| vec![(REFUSED, refusal(kind))]).await.is_err());
        let late = |_| vec![(CHALLENGE, vec![9; 24]), (REFUSED, refusal(kind))];
        assert!(call_stranger(&one, late).await.is_err());
        assert!(expelled(&one).is_none() && one.objections().is_empty());
    }
    // A proof of who knows nothing.
    let verdict = |proof: &[u8], kind| (VERDICT, [proof, &refusal(kind)].concat());
    let challenge = vec![9; 24];
    for password in ["", GUESS] {
        let answers = |hello: Bytes| {
            let body = refusal(Refused::EXPELLED);
            let proof = secret(password).prove(Prover::Acceptor, &[&hello, &challenge, &body]);
            vec![(CHALLENGE, challenge.clone()), verdict(&proof, Refused::EXPELLED)]
        };
        assert!(call_stranger(&one, answers).await.is_err());
        assert!(expelled(&one).is_none());
    }
    // Who passes a member's words on cannot turn one verdict into another.
    for said_first in [Refused::NOT_NOW, Refused::NONE] {
        for kind in [Refused::EXPELLED, Refused::REMOVED, Refused::OBJECTED] {
            let one = identity(1, SECRET);
            let answers = |hello: Bytes| {
                let proof = secret(SECRET).prove(Prover::Acceptor, &[&hello, &challenge, &refusal(said_first)]);
                vec![(CHALLENGE, challenge.clone()), verdict(&proof, kind)]
            };
            assert!(call_stranger(&one, answers).await.is_err());
            assert!(expelled(&one).is_none() && one.objections().is_empty());
        }
    }
}

/// Who has the wrong secret is told so when it starts; a process that a member has talked to does not doubt its own.
#[tokio::test]
async fn another_secret_counts_only_until_a_member_has_proven_the_same() {
    let (one, two, stranger) = (identity(1, SECRET), identity(2, SECRET), identity(2, OTHER));
    assert!(call(&one, &stranger, Ok(())).await.0.is_err());
    assert!(one.objections().get(&2).is_some_and(|why| why.contains("another requirepass")));
    assert!(call(&two, &one, Ok(())).await.0.is_err(), "node 1 answers, not node 2");
    assert_eq!(one.objections().len(), 1);
    // It is called by a member, or calls one.
    let caller = identity(3, SECRET);
    let called = identity(2, SECRET);
    for (dialer, acceptor, met) in [(&caller, &called, &called), (&one, &two, &one)] {
        assert!(call(dialer, acceptor, Ok(())).await.0.is_ok());
        assert!(call(met, &stranger, Ok(())).await.0.is_err());
        assert!(met.objections().is_empty());
    }
}

/// What the leader raises the feature level by, whoever of the two has called.
#[tokio::test]
async fn both_sides_learn_which_feature_level_the_other_knows() {
    let of = |node, level, password: &str| Identity::new(CLUSTER, node, 100 + node, level, secret(password));
    let (one, two) = (of(1, 7, ""), of(2, 8, ""));
    assert_eq!((one.level_of(1), one.level_of(2), two.level_of(1)), (Some(7), None, None));
    assert!(call(&one, &of(2, 9, OTHER), Ok(())).await.0.is_err());
    assert!(call(&one, &of(2, 9, ""), Err(Refused::NotNow(WHY.into()))).await.0.is_err());
    assert!(call(&of(1, 9, ""), &two, Err(Refused::NotNow(WHY.into()))).await.0.is_err());
    assert_eq!((one.level_of(2), two.level_of(1)), (None, None), "of nobody who does not talk to it");
    assert!(call(&one, &two, Ok(())).await.0.is_ok());
    assert_eq!((one.level_of(2), two.level_of(1)), (Some(8), Some(7)));
    // Started with an older binary.
    assert!(call(&of(1, 6, ""), &two, Ok(())).await.0.is_ok());
    assert_eq!(two.level_of(1), Some(6));
}
