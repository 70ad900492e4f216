import type { ApiError } from '../generated';

/** What the owner says no with. */
export const refuse = (code: string, message: string, field: string | null = null, hint: string | null = null): ApiError => ({ code, message, hint, field });
