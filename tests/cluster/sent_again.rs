//! Messages that producers send again (XADD with IDMP) on three nodes: whichever node they reach, and whoever leads by then, each is in the
//! stream once.

use crate::support::cluster::Cluster;
use crate::support::value::Value;

const MESSAGES: usize = 40;

fn send(cluster: &Cluster, node: usize, number: usize) -> Option<Value> {
    let (iid, mut client) = (number.to_string(), cluster.nodes[node].try_client().ok()?);
    let reply = client.try_call(&["XADD", "s", "IDMP", "p", &iid, "*", "n", &iid]).ok()?;
    (!reply.is_error()).then_some(reply)
}

#[test]
fn a_message_is_in_the_stream_once_whichever_node_gets_it_and_whoever_leads() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let first: Vec<Value> = (0..MESSAGES).map(|number| send(&cluster, number % 3, number).unwrap()).collect();
    let auto = |node: usize, value: &str| {
        let mut client = cluster.nodes[node].client();
        client.call(&["XADD", "auto", "IDMPAUTO", "p", "*", "n", value, "m", "1"])
    };
    let of_contents = auto(0, "1");
    assert_eq!(auto(1, "1"), of_contents);
    // The producer does not know what has become of the last ones, and the leader goes.
    cluster.nodes[2].kill();
    let mut again = Vec::new();
    for number in 0..MESSAGES + 10 {
        let reply = (0..100).find_map(|attempt| {
            let reply = send(&cluster, attempt % 2, number);
            if reply.is_none() {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            reply
        });
        again.push(reply.expect("an answer of the new leader"));
    }
    assert_eq!(again[..MESSAGES], first, "each is the entry that it was");
    let mut client = cluster.nodes[0].client();
    assert_eq!(client.line("XLEN s"), Value::Int(MESSAGES as i64 + 10));
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_all_matched();
    for (number, id) in again.iter().enumerate() {
        assert_eq!(send(&cluster, 2, number).as_ref(), Some(id));
    }
    assert_eq!(cluster.nodes[2].client().line("XLEN s"), Value::Int(MESSAGES as i64 + 10));
    cluster.wait_all_matched();
    cluster.check_digests();
}
