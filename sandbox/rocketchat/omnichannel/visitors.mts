import { clock } from '../clock.mts';
import { type CustomFieldDocument, collections, type DepartmentDocument, type VisitorDocument } from '../documents.mts';
import type { ServerSettings } from '../settings.mts';
import { newId, type Store } from '../store.mts';

/** What a guest is registered with; all else of an app's visitor is ignored. */
export interface Registration {
	token: unknown;
	id?: string;
	name?: string;
	username?: string;
	email?: string;
	phone?: string;
	/** Id or name. */
	department?: string;
}

const EMAIL = /^[^\s@<>()[\],;:\\"]+@[^\s@<>()[\],;:\\"]+\.[^\s@.]+$/;

/** Guests of the livechat. */
export class Visitors {
	private readonly store: Store;
	private readonly settings: ServerSettings;

	constructor(store: Store, settings: ServerSettings) {
		this.store = store;
		this.settings = settings;
	}

	/** Creates or updates a visitor (docs/reference/rocketchat.md#visitors). */
	async register(registration: Registration): Promise<VisitorDocument> {
		const { token, phone, name } = registration;
		if (typeof token !== 'string') throw new Error(`Match error: Expected string, got ${typeof token} in field token`);
		const email = registration.email?.trim().toLowerCase();
		if (email && !EMAIL.test(email)) throw new Error('Invalid email [error-invalid-email]');
		const department = registration.department && (await this.requireDepartment(registration.department));
		const now = clock.now();
		const changes = {
			status: 'online',
			_updatedAt: now,
			...(name && { name }),
			...(phone && { phone: [{ phoneNumber: phone }] }),
			...(email && { visitorEmails: [{ address: email }] }),
			...(department && { department: department._id }),
		};
		const known = await this.findMatch(token, phone, email);
		if (!known) {
			const username = registration.username ?? (await this.nextGuestName());
			const _id = registration.id ?? newId();
			const created = { _id, token, username, ts: now, ...changes };
			await this.store.insert(collections.visitors, created);
			return created;
		}
		// "Phone match keeps the old visitor's token. E-mail match replaces the token"; "username is not changed".
		const tokenChange = known.by === 'email' ? { token } : {};
		const updated = await this.store.findOneAndUpdate<VisitorDocument>(
			collections.visitors,
			{ _id: known.visitor._id },
			{ $set: { ...changes, ...tokenChange } },
		);
		return updated ?? known.visitor;
	}

	/** "Match order: token -> phone (exact string) -> e-mail (lower-cased)" */
	private async findMatch(
		token: string,
		phone?: string,
		email?: string,
	): Promise<{ visitor: VisitorDocument; by: string } | undefined> {
		const byToken = await this.byToken(token);
		if (byToken) return { visitor: byToken, by: 'token' };
		const byPhone = phone ? await this.byPhone(phone) : undefined;
		if (byPhone) return { visitor: byPhone, by: 'phone' };
		const byEmail = email ? await this.byEmail(email) : undefined;
		return byEmail && { visitor: byEmail, by: 'email' };
	}

	/** "department: id or name; not found -> throws"; neither enabled nor archived is checked. */
	private async requireDepartment(idOrName: string): Promise<DepartmentDocument> {
		const department = await this.departmentByIdOrName(idOrName);
		if (!department) throw new Error('The provided department is invalid [error-invalid-department]');
		return department;
	}

	/** "username given or `guest-<n>`": the counter is incremented atomically. */
	private async nextGuestName(): Promise<string> {
		const counter = { _id: 'Livechat_guest_count' };
		const first = this.settings.get('Livechat_guest_count') as number;
		await this.store.insert(collections.counters, { ...counter, value: first - 1 }).catch(() => {
			// It exists already.
		});
		const next = await this.store.findOneAndUpdate<{ value: number }>(collections.counters, counter, {
			$inc: { value: 1 },
		});
		return `guest-${next?.value ?? first}`;
	}

	byId(id: string): Promise<VisitorDocument | undefined> {
		return this.store.findOne<VisitorDocument>(collections.visitors, { _id: id });
	}

	/** "byToken does not exclude" disabled ones: disabling unsets the token. */
	byToken(token: string): Promise<VisitorDocument | undefined> {
		return this.store.findOne<VisitorDocument>(collections.visitors, { token });
	}

	byPhone(phone: string): Promise<VisitorDocument | undefined> {
		return this.store.findOne<VisitorDocument>(collections.visitors, { 'phone.phoneNumber': phone });
	}

	byEmail(email: string): Promise<VisitorDocument | undefined> {
		return this.store.findOne<VisitorDocument>(collections.visitors, { 'visitorEmails.address': email.toLowerCase() });
	}

	/**
	 * By `_id` or exact `name`; disabled and archived ones included
	 * (docs/reference/rocketchat.md#custom-fields-departments-transfers).
	 */
	async departmentByIdOrName(idOrName: string): Promise<DepartmentDocument | undefined> {
		const byId = await this.store.findOne<DepartmentDocument>(collections.departments, { _id: idOrName });
		return byId ?? this.store.findOne<DepartmentDocument>(collections.departments, { name: idOrName });
	}

	/**
	 * docs/reference/rocketchat.md#custom-fields-departments-transfers: scope `room` is all open rooms of the token,
	 * scope `visitor` the visitor. Answers how many records really changed, so 0 for an equal value and for an unknown
	 * token.
	 */
	async setCustomField(token: string, key: string, value: unknown, overwrite: boolean): Promise<number> {
		const field = await this.store.findOne<CustomFieldDocument>(collections.customFields, { _id: key });
		if (!field) throw new Error('invalid-custom-field');
		if (field.regexp && !new RegExp(field.regexp).test(String(value))) {
			throw new Error(`Invalid ${field.label} value [error-invalid-custom-field-value]`);
		}
		const [collection, owner] =
			field.scope === 'room'
				? [collections.rooms, { 'v.token': token, open: true }]
				: [collections.visitors, { token }];
		const path = `livechatData.${key}`;
		const filter = overwrite ? owner : { ...owner, [path]: { $exists: false } };
		const changes = { $set: { [path]: value } };
		const update =
			field.scope === 'room'
				? this.store.updateMany(collection, filter, changes)
				: this.store.updateOne(collection, filter, changes);
		return (await update).modified;
	}
}
