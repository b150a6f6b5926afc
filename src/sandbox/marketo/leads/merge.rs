//! `leads/{winner}/merge.json`.

use crate::sandbox::marketo::answer::{Answer, Refusal};
use crate::sandbox::marketo::call::Call;
use crate::sandbox::marketo::state::State;

/// Most losers of one merge; one when the vendor's own CRM connector is attached.
const LOSERS_MAX: usize = 25;

/// Merges the people of `leadId` or `leadIds` into the winner of the path. The parameters belong
/// into the query; the answer has no result.
pub(crate) fn merge(state: &mut State, call: &Call, winner: &str) -> Result<Answer, Refusal> {
    let mut losers: Vec<i64> = Vec::new();
    for text in call.list("leadIds").into_iter().chain(call.list("leadId")) {
        let problem = || {
            Refusal::new(
                1001,
                format!("Invalid value '{text}'. Required of type 'Long'"),
            )
        };
        let loser = text.parse().map_err(|_| problem())?;
        if !losers.contains(&loser) {
            losers.push(loser);
        }
    }
    if losers.is_empty() {
        return Err(Refusal::missing("leadId"));
    }
    let most = if state.options.native_crm {
        1
    } else {
        LOSERS_MAX
    };
    if losers.len() > most {
        return Err(Refusal::new(
            1080,
            format!("Number of leads to merge exceeds the limit of {most}"),
        ));
    }
    let winner: i64 = winner.parse().map_err(|_| Refusal::not_found())?;
    for id in std::iter::once(&winner).chain(&losers) {
        if state.people.row(*id).is_none() {
            return Err(Refusal::new(1004, format!("Lead '{id}' not found")));
        }
    }
    if losers.contains(&winner) {
        return Err(Refusal::new(1003, "A lead cannot be merged with itself"));
    }
    let hand = state.api_hand("mergeLeads", call.number, call.now_ms);
    state.merge(winner, &losers, hand, "Web service API");
    Ok(Answer::done())
}
