import type { ISetting } from '@rocket.chat/apps-engine/definition/settings';
import { SettingType } from '@rocket.chat/apps-engine/definition/settings';

/** The app's settings. Their words are in i18n/, their meaning in the core (crate/src/settings.rs). */
export const settings: Array<ISetting> = [
	{
		id: 'app_secret',
		type: SettingType.PASSWORD,
		packageValue: '',
		required: true,
		public: false,
		i18nLabel: 'app_secret',
		i18nDescription: 'app_secret_description',
	},
	{
		id: 'previous_secret',
		type: SettingType.PASSWORD,
		packageValue: '',
		required: false,
		public: false,
		i18nLabel: 'previous_secret',
		i18nDescription: 'previous_secret_description',
	},
	{
		id: 'more_workspaces',
		type: SettingType.STRING,
		packageValue: '',
		required: false,
		public: false,
		multiline: true,
		i18nLabel: 'more_workspaces',
		i18nDescription: 'more_workspaces_description',
	},
	{
		id: 'public_address',
		type: SettingType.STRING,
		packageValue: '',
		required: false,
		public: false,
		i18nLabel: 'public_address',
		i18nDescription: 'public_address_description',
	},
	{
		id: 'retention_days',
		type: SettingType.NUMBER,
		packageValue: 30,
		required: false,
		public: false,
		i18nLabel: 'retention_days',
		i18nDescription: 'retention_days_description',
	},
];
