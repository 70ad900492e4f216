// Single letters and digits as keys. People who speak to their computer, or whose keyboard sends letters by accident, switch
// them off (WCAG 2.1.4); then they are neither heard nor shown.

export const keys = $state({ letters: true });

/** A key that types something when a field has the caret. */
export const isLetter = (key: string): boolean => /^[\p{L}\d/?]$/u.test(key);

/** Whether this key is heard now. */
export const heard = (key: string): boolean => keys.letters || !key.split('–').every(isLetter);
