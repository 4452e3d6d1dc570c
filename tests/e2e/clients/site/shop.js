// A shop whose buttons do not work, watched by @sentry/browser.
import * as Sentry from "@sentry/browser";

const options = new URLSearchParams(location.search);

Sentry.init({
  dsn: options.get("dsn"),
  tunnel: options.get("tunnel") ?? undefined,
  release: "shop-web@1.2.3",
  environment: "staging",
});
Sentry.setUser({ id: "42", email: "ada@example.com" });
Sentry.setTag("region", "eu-west");

function priceOf(basket) {
  return basket.lines.length;
}

document.querySelector("#pay").addEventListener("click", function pay() {
  console.info("about to pay");
  priceOf({});
});
document.querySelector("#ship").addEventListener("click", async function ship() {
  await null;
  throw new RangeError("no ship is large enough");
});
window.Sentry = Sentry;
