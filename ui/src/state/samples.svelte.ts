// The person's own examples on the Numbers page. They are kept for as long as the window lives and nowhere else: an example
// is somebody's number.

class Samples {
  /** Empty until the page shows one that fits the home country. */
  list = $state<string[]>([]);
  /** What was typed under "Try a number". */
  tried = $state('');
}

export const samples = new Samples();
