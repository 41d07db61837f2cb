import { type ISetting, SettingType } from '@rocket.chat/apps-engine/definition/settings/index.js';
import { ServerSettingBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import type { ServerSettings } from '../settings.mts';

/**
 * Reading needs `server-setting.read`; secret and unknown settings are not readable
 * (docs/reference/rocketchat.md#settings).
 */
export class SandboxServerSettingBridge extends ServerSettingBridge {
	private readonly settings: ServerSettings;

	constructor(settings: ServerSettings) {
		super();
		this.settings = settings;
	}

	protected override async getAll(): Promise<ISetting[]> {
		return this.settings
			.ids()
			.filter((id) => this.settings.isReadable(id))
			.map((id) => this.converted(id));
	}

	protected override async getOneById(id: string): Promise<ISetting> {
		if (!this.settings.isReadable(id)) throw new Error(`The setting "${id}" is not readable.`);
		return this.converted(id);
	}

	private converted(id: string): ISetting {
		const value = this.settings.get(id);
		return { id, type: SettingType.STRING, packageValue: '', value, required: false, public: true, i18nLabel: id };
	}

	protected override async hideGroup(): Promise<void> {
		throw new Error('serverSetting.hideGroup is not offered by the sandbox');
	}

	protected override async hideSetting(): Promise<void> {
		throw new Error('serverSetting.hideSetting is not offered by the sandbox');
	}

	protected override async isReadableById(id: string): Promise<boolean> {
		return this.settings.isReadable(id);
	}

	protected override async updateOne(setting: ISetting): Promise<void> {
		if (!this.settings.isReadable(setting.id)) throw new Error(`The setting "${setting.id}" is not readable.`);
		this.settings.set(setting.id, setting.value);
	}

	protected override async incrementValue(): Promise<void> {
		throw new Error('serverSetting.incrementValue is not offered by the sandbox');
	}
}
