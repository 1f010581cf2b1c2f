//! Who may end whom.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::*;
use crate::sys::clock::SystemClocks;
use crate::sys::env::{Env, Listener, Tcp};

const CLUSTER: u128 = 77;
const WHY: &str = "you were removed";

fn env() -> Env {
    let next = AtomicU64::new(1);
    let random = Arc::new(move || next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    Env { clocks: Arc::new(SystemClocks), net: Arc::new(Tcp), random, threads: false, level: 1 }
}

fn identity(node: u64, password: &str) -> Identity {
    Identity::new(CLUSTER, node, 100 + node, 1, password.into())
}

fn of_another_cluster(node: u64) -> Identity {
    Identity::new(CLUSTER + 1, node, 100 + node, 1, "secret".into())
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
    let (dialed, ()) = tokio::join!(dial(&env, dialer, 2, &addr, Purpose::Control), stranger);
    dialed.map(drop)
}

fn refusal(kind: u8) -> Vec<u8> {
    let mut out = vec![kind];
    put_bytes(&mut out, WHY.as_bytes());
    out.put_u32_le(1);
    out
}

fn expelled(identity: &Identity) -> Option<String> {
    identity.expelled.lock().clone()
}

#[tokio::test]
async fn who_knows_the_secret_is_obeyed() {
    for password in ["", "secret"] {
        let (one, two) = (identity(1, password), identity(2, password));
        assert!(call(&one, &two, Ok(())).await.0.is_ok());
        let refused = call(&one, &two, Err(Refused::NotNow(WHY.into()))).await.0.unwrap_err();
        assert!(refused.to_string().contains(WHY));
        assert!(one.objections().is_empty() && expelled(&one).is_none());
        assert!(call(&one, &two, Err(Refused::Objected(WHY.into()))).await.0.is_err());
        assert_eq!(one.objections().get(&2).map(String::as_str), Some(WHY));
        assert!(call(&one, &two, Ok(())).await.0.is_ok());
        assert!(one.objections().is_empty(), "it talks to us again");
        assert!(call(&one, &two, Err(Refused::Expelled(WHY.into()))).await.0.is_err());
        assert_eq!(expelled(&one).as_deref(), Some(WHY));
    }
}

#[tokio::test]
async fn another_cluster_and_another_target_are_told_apart() {
    let one = identity(1, "secret");
    let other = of_another_cluster(2);
    let (refused, judged) = call(&one, &other, Ok(())).await;
    assert!(refused.unwrap_err().to_string().contains("another cluster") && !judged);
    assert_eq!(one.objections().len(), 1);
    // Neither is anybody's fault.
    let one = identity(1, "secret");
    for other in [identity(3, "secret"), of_another_cluster(3)] {
        let (refused, judged) = call(&one, &other, Ok(())).await;
        assert!(refused.unwrap_err().to_string().contains("node 3 answers here") && !judged);
        assert!(one.objections().is_empty());
    }
}

/// It is not even noted: a call under a member's id would make the member's own process the older one.
#[tokio::test]
async fn a_caller_without_the_secret_is_not_judged() {
    let two = identity(2, "secret");
    let (refused, judged) = call(&identity(1, "guess"), &two, Ok(())).await;
    assert!(refused.is_err() && !judged);
    // Nor if it goes on as if the proofs were right.
    let env = env();
    let (listener, addr) = listen(&env).await;
    let stranger = async {
        let mut stream = env.net.connect(&addr).await.unwrap();
        let mut hello = MAGIC.to_vec();
        hello.put_u16_le(VERSION);
        hello.put_u8(Purpose::Control as u8);
        hello.put_u128_le(CLUSTER);
        [1, 999].iter().for_each(|number| hello.put_u64_le(*number));
        hello.put_u32_le(1);
        [2, 5].iter().for_each(|number| hello.put_u64_le(*number));
        frame::write_parts(&mut stream, 0, HELLO, &[hello.into()]).await.unwrap();
        assert_eq!(frame::read_exactly(&mut stream, FRAME_LEN_MAX).await.unwrap().kind, WELCOME);
        frame::write_parts(&mut stream, 0, PROOF, &[vec![0; PROOF_LEN].into()]).await.unwrap();
        assert!(frame::read_exactly(&mut stream, FRAME_LEN_MAX).await.is_err(), "told nothing");
    };
    let accepting = async {
        let mut stream = listener.accept().await.unwrap();
        accept(&env, &two, &mut stream, |_| panic!("judged")).await.unwrap_err().to_string()
    };
    let (why, ()) = tokio::join!(accepting, stranger);
    assert!(why.contains("requirepass"), "{why}");
}

#[tokio::test]
async fn a_stranger_at_a_members_address_ends_nobody() {
    let one = identity(1, "secret");
    // As version 1 did it: a refusal instead of a proof.
    assert!(call_stranger(&one, |_| vec![(202, refusal(Refused::EXPELLED))]).await.is_err());
    // A proof of who knows nothing, and one that is played back.
    let welcome = |proof: &[u8]| {
        let mut out = 9u64.to_le_bytes().to_vec();
        put_bytes(&mut out, proof);
        (WELCOME, out)
    };
    let verdict = |proof: &[u8], kind| (VERDICT, [proof, &refusal(kind)].concat());
    for password in ["", "guess"] {
        let answers = |hello| {
            let said = Said { password, hello, nonce: 9 };
            let body = refusal(Refused::EXPELLED);
            vec![welcome(&said.proof(BY_ACCEPTOR, &[])), verdict(&said.proof(OF_VERDICT, &body), Refused::EXPELLED)]
        };
        assert!(call_stranger(&one, answers).await.is_err());
        assert!(expelled(&one).is_none());
    }
    // Who passes a member's words on cannot turn one verdict into another.
    for said_first in [Refused::NOT_NOW, Refused::NONE] {
        for kind in [Refused::EXPELLED, Refused::OBJECTED] {
            let one = identity(1, "secret");
            let answers = |hello| {
                let said = Said { password: "secret", hello, nonce: 9 };
                let proof = said.proof(OF_VERDICT, &refusal(said_first));
                vec![welcome(&said.proof(BY_ACCEPTOR, &[])), verdict(&proof, kind)]
            };
            assert!(call_stranger(&one, answers).await.is_err());
            assert!(expelled(&one).is_none() && one.objections().is_empty());
        }
    }
}

/// Who has the wrong secret is told so when it starts; a process that a member has talked to does not doubt its own.
#[tokio::test]
async fn another_secret_counts_only_until_a_member_has_proven_the_same() {
    let (one, two, stranger) = (identity(1, "secret"), identity(2, "secret"), identity(2, "other"));
    assert!(call(&one, &stranger, Ok(())).await.0.is_err());
    assert!(one.objections().get(&2).is_some_and(|why| why.contains("another requirepass")));
    assert!(call(&two, &one, Ok(())).await.0.is_err(), "node 1 answers, not node 2");
    assert_eq!(one.objections().len(), 1);
    // It is called by a member, or calls one.
    let caller = identity(3, "secret");
    let called = identity(2, "secret");
    for (dialer, acceptor, met) in [(&caller, &called, &called), (&one, &two, &one)] {
        assert!(call(dialer, acceptor, Ok(())).await.0.is_ok());
        assert!(call(met, &stranger, Ok(())).await.0.is_err());
        assert!(met.objections().is_empty());
    }
}

/// What the leader raises the feature level by, whoever of the two has called.
#[tokio::test]
async fn both_sides_learn_which_feature_level_the_other_knows() {
    let of = |node, level, password: &str| Identity::new(CLUSTER, node, 100 + node, level, password.into());
    let (one, two) = (of(1, 7, ""), of(2, 8, ""));
    assert_eq!((one.level_of(1), one.level_of(2), two.level_of(1)), (Some(7), None, None));
    assert!(call(&one, &of(2, 9, "other"), Ok(())).await.0.is_err());
    assert!(call(&one, &of(2, 9, ""), Err(Refused::NotNow(WHY.into()))).await.0.is_err());
    assert!(call(&of(1, 9, ""), &two, Err(Refused::NotNow(WHY.into()))).await.0.is_err());
    assert_eq!((one.level_of(2), two.level_of(1)), (None, None), "of nobody who does not talk to it");
    assert!(call(&one, &two, Ok(())).await.0.is_ok());
    assert_eq!((one.level_of(2), two.level_of(1)), (Some(8), Some(7)));
    // Started with an older binary.
    assert!(call(&of(1, 6, ""), &two, Ok(())).await.0.is_ok());
    assert_eq!(two.level_of(1), Some(6));
}
