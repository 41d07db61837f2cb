/** An app for the sandbox's own tests: it runs code that a test sends and remembers the events it is told of. */

const { App } = require('@rocket.chat/apps-engine/definition/App');
const { ApiEndpoint, ApiSecurity, ApiVisibility } = require('@rocket.chat/apps-engine/definition/api');
const { AppsEngineException } = require('@rocket.chat/apps-engine/definition/exceptions');

const EVENTS = [
	'executePostMessageSent',
	'executePostSystemMessageSent',
	'executePostMessageUpdated',
	'executePostMessageDeleted',
	'executePostLivechatRoomStarted',
	'executePostLivechatRoomClosed',
	'executeLivechatRoomClosedHandler',
	'executePostLivechatAgentAssigned',
	'executePostLivechatAgentUnassigned',
	'executePostLivechatRoomTransferred',
	'onSettingUpdated',
];

/** `POST run {code, args}`: what the code answers, or the message of what it throws. */
class Run extends ApiEndpoint {
	path = 'run';

	async post({ content }, _endpoint, read, modify, http, persistence) {
		const scope = { app: this.app, read, modify, http, persistence, require };
		try {
			const result = await new Function(
				'scope',
				'args',
				`const __name = (f) => f; return (${content.code})(scope, ...args)`,
			)(scope, content.args);
			return { status: 200, content: { result: result === undefined ? 'undefined' : result } };
		} catch (error) {
			return { status: 200, content: { error: error.message } };
		}
	}
}

/** Answers with the request and throws, or gives back what a test wants, by the query. */
class Mirror extends ApiEndpoint {
	path = 'mirror.path';

	async get(request) {
		const { throws, answer } = request.query;
		if (throws) throw new Error(throws);
		if (answer === 'bytes')
			return { status: 200, headers: { 'Content-Type': 'image/png' }, content: Buffer.from([0, 1, 254, 255]) };
		return answer ? JSON.parse(answer) : this.success(request);
	}

	async post(request) {
		return this.success(request);
	}
}

class Hidden extends ApiEndpoint {
	path = 'hidden';

	async get() {
		return this.success({ found: true });
	}
}

class ProbeApp extends App {
	events = [];
	jobs = [];

	async extendConfiguration(configuration) {
		await configuration.settings.provideSetting({
			id: 'text',
			type: 'string',
			packageValue: 'packaged',
			required: false,
			public: false,
			i18nLabel: 'text',
		});
		await configuration.settings.provideSetting({
			id: 'veto',
			type: 'boolean',
			packageValue: false,
			required: false,
			public: false,
			i18nLabel: 'veto',
		});
		const endpoints = [new Run(this), new Mirror(this)];
		await configuration.api.provideApi({ visibility: ApiVisibility.PUBLIC, security: ApiSecurity.UNSECURE, endpoints });
		await configuration.api.provideApi({
			visibility: ApiVisibility.PRIVATE,
			security: ApiSecurity.UNSECURE,
			endpoints: [new Hidden(this)],
		});
		await configuration.scheduler.registerProcessors([
			{
				id: 'job',
				processor: async (context) => {
					this.jobs.push(context);
					if (context.fails) throw new Error('as told');
					if (context.hangs) await new Promise(() => {});
				},
			},
		]);
	}

	async executeLivechatRoomCreatePrevent(_room, read) {
		const isVetoed = await read.getEnvironmentReader().getSettings().getValueById('veto');
		if (isVetoed) throw new AppsEngineException('not now');
	}
}

for (const event of EVENTS) {
	ProbeApp.prototype[event] = async function (payload) {
		this.events.push({ event, payload });
	};
}

exports.ProbeApp = ProbeApp;
