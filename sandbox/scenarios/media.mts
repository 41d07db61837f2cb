import { landscape, streetMap } from '../picture.mts';
import { until } from '../until.mts';
import { agentOf, openTicket, type Scenario } from './scenario.mts';

export const media: Scenario = {
	id: 'media',
	title: 'Pictures',
	summary: 'A picture goes each way; RapidPro fetches the agent’s from the app.',

	async play(place, audience) {
		const { rocketChat, rapidPro } = place;
		await audience.step('A contact opens a ticket and sends a picture');
		const contact = rapidPro.addContact({ name: 'Grace', urns: ['tel:+250788789789'] });
		audience.meet(contact);
		const ticket = await openTicket(place, contact);
		const sent = landscape();
		const url = rapidPro.media.store(sent.name, 'image/png', sent.bytes);
		await rapidPro.contactWrites(contact, 'It looks like this', [{ type: 'image/png', url }]);
		const shown = () => rocketChat.messages(ticket.externalId).some(({ attachments }) => attachments?.[0]?.image_url);
		audience.check(Boolean(await until('the picture', shown).catch(() => false)), 'the agent sees it in the room');

		await audience.step('The agent answers with a picture');
		const answer = streetMap();
		await rocketChat.agentWrites(ticket.externalId, agentOf(place, ticket), {
			text: 'This is the way to us',
			files: [answer],
		});
		const arrived = await until('the message', () =>
			rapidPro.model.messages.find((it) => it.contact === contact && it.direction === 'out'),
		);
		audience.check(arrived.files[0]?.size === answer.bytes.length, 'RapidPro fetches it from the app, whole');
		audience.check(arrived.text === 'This is the way to us', 'the contact gets it with the text');
	},
};
