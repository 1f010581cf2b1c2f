//! Accounts, each a key, and transfers between them, each a transaction: what is true of several keys at once.

use super::check::Model;
use super::history::{Operation, Outcome};

/// The model of all accounts together; the state is their balances.
#[derive(Debug)]
pub struct Bank;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// All balances (MGET, or an EXEC of GETs).
    Read,
    /// From one account to another (EXEC of DECRBY and INCRBY).
    Transfer {
        /// The account that gives.
        from: usize,
        /// The account that takes.
        to: usize,
        /// How much.
        amount: i64,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// All balances.
    Balances(Vec<i64>),
    /// The new balances of giver and taker.
    Transferred(i64, i64),
}

impl Model for Bank {
    type Input = Input;
    type Output = Output;
    type State = Vec<i64>;

    fn step(state: &Vec<i64>, input: &Input) -> (Vec<i64>, Output) {
        match input {
            Input::Read => (state.clone(), Output::Balances(state.clone())),
            Input::Transfer { from, to, amount } => {
                let mut balances = state.clone();
                balances[*from] -= amount;
                balances[*to] += amount;
                let output = Output::Transferred(balances[*from], balances[*to]);
                (balances, output)
            }
        }
    }

    fn is_read(input: &Input, _: &Output) -> bool {
        *input == Input::Read
    }
}

/// Reads whose sum is not `total`: money that appeared or was lost, or half of a transaction that was seen. For histories of any
/// size; those of some hundred operations [`super::check::check`] decides in full.
pub fn wrong_sums(history: &[Operation<Input, Output>], total: i64) -> Vec<&Operation<Input, Output>> {
    let wrong = |operation: &&Operation<Input, Output>| matches!(&operation.outcome, Outcome::Ok(Output::Balances(balances)) if balances.iter().sum::<i64>() != total);
    history.iter().filter(wrong).collect()
}
