import { agentOf, openTicket, received, type Scenario } from './scenario.mts';

export const twoWorkspaces: Scenario = {
	id: 'two-workspaces',
	title: 'Two workspaces',
	summary: 'A second RapidPro joins; the first one is down, and the second does not notice.',

	async play(place, audience) {
		const { rocketChat, rapidPro, trouble, workspaces } = place;
		await audience.step('A second RapidPro is entered into the setting More workspaces, and connected');
		const north = await workspaces.add('North');
		audience.check(north.secret !== rapidPro.secret, 'it has a secret of its own');

		await audience.step('A contact of each opens a ticket');
		const [samuel, nadia] = [
			rapidPro.addContact({ name: 'Samuel', urns: ['tel:+250788654654'] }),
			north.addContact({ name: 'Nadia', urns: ['tel:+250788987987'] }),
		];
		audience.meet(samuel);
		const ours = await openTicket(place, samuel);
		audience.meet(nadia);
		const theirs = await openTicket({ ...place, rapidPro: north }, nadia);
		audience.check(ours.externalId !== theirs.externalId, 'each has a room of its own');

		await audience.step('The first RapidPro goes down, and the agents answer both');
		trouble.setRapidPro('down');
		try {
			await rocketChat.agentWrites(ours.externalId, agentOf(place, ours), 'Hello Samuel');
			await rocketChat.agentWrites(theirs.externalId, agentOf(place, theirs), 'Hello Nadia');
			const texts = await received({ ...place, rapidPro: north }, nadia, 1);
			audience.check(texts[0] === 'Hello Nadia', 'the second RapidPro has its answer at once');
			const reached = rapidPro.model.messages.some((it) => it.contact === samuel && it.direction === 'out');
			audience.check(!reached, 'that of the first one waits');
		} finally {
			await audience.step('The first one comes back');
			audience.meet(samuel);
			trouble.setRapidPro('well');
		}
		const texts = await received(place, samuel, 1);
		audience.check(texts.join() === 'Hello Samuel', 'its answer arrives');
	},
};
