use openraft::storage::{RaftLogStorage, RaftLogStorageExt};

use super::super::testing;
use super::super::types::{Entry, EntryPayload, Payload, scope};
use super::*;

#[test]
fn voters_stay_odd() {
    for (voters, learners, promoted) in [(1, 1, 0), (1, 2, 2), (1, 3, 2), (2, 1, 1), (3, 1, 0), (3, 2, 2), (4, 2, 1)] {
        assert_eq!(promotable(voters, learners), promoted, "{voters} voters, {learners} learners");
    }
}

#[tokio::test]
async fn a_joint_change_counts_those_who_voted_before_it() {
    scope(1, async {
        let group = testing::group(testing::OWN, testing::FakeMember::new().0, false).await;
        for (sets, voters) in [
            (&[&[1][..]][..], &[1][..]),
            (&[&[1], &[1, 2, 3]], &[1]),
            (&[&[1, 2, 3]], &[1, 2, 3]),
            (&[&[1, 2, 3], &[1, 2]], &[1, 2, 3]),
        ] {
            testing::set_voters(&group, sets);
            assert_eq!(group.voters(), voters.iter().copied().collect(), "{sets:?}");
        }
    })
    .await;
}

/// Few entries may be many bytes, or be gone from the log into a snapshot.
#[tokio::test(start_paused = true)]
async fn learner_far_behind_is_not_promoted() {
    scope(1, async {
        let group = testing::group(testing::OWN, testing::FakeMember::new().0, false).await;
        let mut log = group.log.clone();
        for index in 0..=20 {
            let payload = EntryPayload::Normal(Payload(vec![0; 8 << 20].into()));
            log.blocking_append([Entry { log_id: testing::log_id(testing::OWN, index), payload }]).await.unwrap();
        }
        log.purge(testing::log_id(testing::OWN, 4)).await.unwrap();
        let standing = |alive, matched| Standing { matched, lag: 20 - matched, alive, voter: false, level: 1 };
        for (alive, matched, can) in
            [(true, 20, true), (false, 20, false), (true, 16, true), (true, 6, false), (true, 0, false)]
        {
            assert_eq!(group.can_vote(&standing(alive, matched)), can, "{matched}");
        }
        log.purge(testing::log_id(testing::OWN, 19)).await.unwrap();
        assert!(!group.can_vote(&standing(true, 18)) && group.can_vote(&standing(true, 19)));
    })
    .await;
}

#[test]
fn a_change_needs_a_live_quorum_of_what_remains() {
    let standing = |alive, lag| Standing { matched: 1, lag, alive, voter: true, level: 1 };
    let standings: BTreeMap<u64, Standing> =
        [(1, standing(true, 0)), (2, standing(false, 0)), (3, standing(true, 5000))].into();
    assert!(objection(&[1].into(), &standings).is_none());
    assert!(objection(&[1, 2].into(), &standings).is_some(), "node 2 is dead");
    assert!(objection(&[1, 3].into(), &standings).is_some(), "node 3 is far behind");
    assert!(objection(&BTreeSet::new(), &standings).is_some());
}

#[test]
fn the_feature_level_is_what_every_member_has_said_that_it_knows() {
    // (node, level or 0, alive, voter) of the group; ids of the state's members.
    let known = |nodes: &[(u64, u32, bool, bool)], members: &[u64]| {
        let standing = |level, alive, voter| Standing { matched: 1, lag: 0, alive, voter, level };
        let standings = nodes.iter().map(|(node, level, alive, voter)| (*node, standing(*level, *alive, *voter)));
        let members = members.iter().map(|node| (*node, Member::new(*node, "n:1", "n:2")));
        known_to_all(&members.collect(), &standings.collect())
    };
    let new = |node| (node, 2, true, true);
    assert_eq!(known(&[new(1), new(2), new(3)], &[1, 2, 3]), 2);
    assert_eq!(known(&[new(1), (2, 3, true, true), new(3)], &[1, 2, 3]), 2);
    assert_eq!(known(&[new(1), new(2), (3, 1, true, true)], &[1, 2, 3]), 1, "an old binary");
    assert_eq!(known(&[new(1), new(2), (3, 1, true, false)], &[1, 2, 3]), 1, "an old learner");
    assert_eq!(known(&[new(1), new(2), (3, 0, true, true)], &[1, 2, 3]), 0, "it has not said");
    assert_eq!(known(&[new(1), new(2), (3, 2, false, true)], &[1, 2, 3]), 0, "it is gone");
    assert_eq!(known(&[new(1), new(2), (3, 1, true, true)], &[1, 2]), 1, "it is still of the group");
    assert_eq!(known(&[new(1), new(2)], &[1, 2, 3]), 0, "it is not of the group yet");
    assert_eq!(known(&[], &[]), 0);
}
