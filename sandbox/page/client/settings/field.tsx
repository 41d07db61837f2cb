import { useId } from 'preact/hooks';
import type { AppSetting } from '../../asked.mts';

interface FieldProps {
	setting: AppSetting;
	/** The app's texts by key. */
	texts: Record<string, string>;
	value: unknown;
	change: (value: unknown) => void;
}

/** A setting as Rocket.Chat draws it: label, input by type, description below. */
export function Field({ setting, texts, value, change }: FieldProps) {
	const id = useId();
	const { i18nLabel, i18nDescription, i18nAlert, required } = setting;
	const text = (key: string) => texts[key] ?? key;
	return (
		<div class="field">
			<label for={id}>
				{text(i18nLabel)}
				{required && <span aria-hidden="true"> *</span>}
			</label>
			<Input id={id} setting={setting} text={text} value={value} change={change} />
			{i18nDescription !== undefined && (
				<p id={`${id}-description`} class="muted">
					{text(i18nDescription)}
				</p>
			)}
			{i18nAlert !== undefined && <p class="alert">{text(i18nAlert)}</p>}
		</div>
	);
}

interface InputProps extends Omit<FieldProps, 'texts'> {
	id: string;
	text: (key: string) => string;
}

function Input({ id, setting, text, value, change }: InputProps) {
	const { type, required, multiline, values = [], i18nDescription, i18nPlaceholder } = setting;
	const common = {
		id,
		required,
		'aria-describedby': i18nDescription === undefined ? undefined : `${id}-description`,
		placeholder: i18nPlaceholder && text(i18nPlaceholder),
	};
	const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement }) =>
		change(currentTarget.value);
	if (type === 'boolean') {
		const checked = value === true;
		return (
			<input
				{...common}
				required={false}
				type="checkbox"
				checked={checked}
				onChange={({ currentTarget }) => change(currentTarget.checked)}
			/>
		);
	}
	if (type === 'select') {
		return (
			<select {...common} value={String(value)} onChange={onInput}>
				{values.map(({ key, i18nLabel }) => (
					<option key={key} value={key}>
						{text(i18nLabel)}
					</option>
				))}
			</select>
		);
	}
	if (type === 'code' || multiline === true) {
		return <textarea {...common} rows={4} spellcheck={false} value={String(value ?? '')} onInput={onInput} />;
	}
	if (type === 'int') {
		return (
			<input
				{...common}
				type="number"
				value={String(value ?? '')}
				onInput={({ currentTarget }) => change(currentTarget.value === '' ? '' : Number(currentTarget.value))}
			/>
		);
	}
	const shown = String(value ?? '');
	if (type === 'password') {
		return <input {...common} type="password" autocomplete="new-password" value={shown} onInput={onInput} />;
	}
	return <input {...common} type="text" autocomplete="off" value={shown} onInput={onInput} />;
}
