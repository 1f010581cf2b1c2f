//! Histories as EDN.

use crate::support::linear::history::{Operation, Outcome};
use crate::support::linear::{bank, edn, register};

#[test]
fn a_history_of_keys_is_events_in_the_order_of_their_times() {
    use register::{Input, Output};
    let operation = |input, invoked_ns, completed_ns, outcome| Operation {
        client: 7,
        input: ("k", input),
        invoked_ns,
        completed_ns,
        outcome,
    };
    let history = [
        operation(Input::Set(5), 1, 4, Outcome::Ok(Output::Done)),
        operation(Input::Get, 2, 3, Outcome::Ok(Output::Value(None))),
        operation(Input::CompareAndSet(Some(5), 6), 5, 6, Outcome::Ok(Output::Changed(true))),
        operation(Input::Incr, 7, u64::MAX, Outcome::Unknown),
        operation(Input::Del, 8, 9, Outcome::NotApplied),
    ];
    let expected = [
        r#"{:index 0, :process 0, :type :invoke, :f :write, :value ["k" 5], :time 1}"#,
        r#"{:index 1, :process 1, :type :invoke, :f :read, :value ["k" nil], :time 2}"#,
        r#"{:index 2, :process 1, :type :ok, :f :read, :value ["k" nil], :time 3}"#,
        r#"{:index 3, :process 0, :type :ok, :f :write, :value ["k" 5], :time 4}"#,
        r#"{:index 4, :process 2, :type :invoke, :f :cas, :value ["k" [5 6]], :time 5}"#,
        r#"{:index 5, :process 2, :type :ok, :f :cas, :value [["k" [5 6]] true], :time 6}"#,
        r#"{:index 6, :process 3, :type :invoke, :f :incr, :value ["k" nil], :time 7}"#,
        r#"{:index 7, :process 4, :type :invoke, :f :del, :value ["k" nil], :time 8}"#,
        r#"{:index 8, :process 4, :type :fail, :f :del, :value ["k" nil], :time 9}"#,
        r#"{:index 9, :process 3, :type :info, :f :incr, :value ["k" nil], :time 9223372036854775807}"#,
    ];
    assert_eq!(edn::write(&history).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_history_of_a_bank_has_its_accounts() {
    use bank::{Input, Output};
    let history = [
        Operation {
            client: 0,
            input: Input::Transfer { from: 0, to: 1, amount: 3 },
            invoked_ns: 1,
            completed_ns: 2,
            outcome: Outcome::Ok(Output::Transferred(97, 103)),
        },
        Operation {
            client: 1,
            input: Input::Read,
            invoked_ns: 3,
            completed_ns: 4,
            outcome: Outcome::Ok(Output::Balances(vec![97, 103])),
        },
    ];
    let text = edn::write(&history);
    assert!(text.contains(":type :ok, :f :transfer, :value [{:from 0 :to 1 :amount 3} 97 103]"), "{text}");
    assert!(text.contains(":type :ok, :f :read, :value {0 97 1 103}"), "{text}");
}
