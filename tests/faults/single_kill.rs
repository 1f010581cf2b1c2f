//! SIGKILL of a single node in the middle of INCR load.

use crate::support::bounds::KILLS;
use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};

/// acknowledged ≤ counter ≤ acknowledged + outstanding, after every kill.
#[test]
fn acknowledged_writes_survive_sigkill() {
    let mut cluster = Cluster::start(1, &[]);
    let mut counter = 0;
    for round in 1..=KILLS {
        let load = Load::start(cluster.nodes[0].addr(), 8, 4, "counter");
        // Not at the same place of the log's life each time.
        load.wait_more(100 * round);
        cluster.nodes[0].kill();
        let tally = Tally::sum(&load.finish());
        cluster.nodes[0].start_again();
        cluster.wait_ready(0);
        let now = cluster.nodes[0].client().call(&["GET", "counter"]).int().unwrap();
        let counted = now - counter;
        assert!(
            (tally.acknowledged..=tally.acknowledged + tally.outstanding).contains(&counted),
            "round {round}: {counted} counted, {} acknowledged, {} outstanding",
            tally.acknowledged,
            tally.outstanding
        );
        assert!(tally.outstanding > 0, "the kill was not in the middle of the load");
        counter = now;
    }
}
