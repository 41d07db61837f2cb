//! How a ticket ends, from either side.

use serde_json::Value;

use crate::ids::ContactToken;
use crate::request::caller::Caller;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::store::ticket;
use crate::store::ticket::{ClosedBy, FactKind};
use crate::wire::http::Response;

/// The endpoint `room.close`: ends a contact's tickets without telling RapidPro, which knows. What
/// agents wrote before goes out all the same.
///
/// # Errors
/// 400 naming a field. That there is nothing to close, or that Rocket.Chat refuses, is none: the
/// ticket must be closable in RapidPro.
pub async fn close(host: &Host, caller: &Caller, body: &Fields<'_>) -> Result<End, Refusal> {
    let visitor = body.object("visitor")?;
    let token = ContactToken(visitor.text("token")?.to_owned());
    let person = visitor.get("contactUUID").and_then(Value::as_str);
    let contact = caller.contact(host, token).await?;
    host.acquire_in_time(contact.queue()).await?;
    let tickets = ticket::read_of_contact(host, &contact).await?;
    let mut end = End::answer(Response::of(204));
    for ticket in
        ticket::of_person(&tickets, person).into_iter().filter(|ticket| !ticket.is_ended() && !ticket.is_finished())
    {
        // Stored before the room is closed: its close event must find it, however soon it comes.
        ticket.add(host, FactKind::closed(ClosedBy::RapidPro)).await?;
        end.follow_ups.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Ended });
    }
    Ok(end)
}
