// A shop that loses orders and then dies, watched by @sentry/node of any age.
const fs = require("node:fs");
const Sentry = require(process.env.SHOP_SDK);

Sentry.init({
  dsn: process.env.SHOP_DSN,
  release: "shop@1.2.3",
  environment: "staging",
  serverName: "shop-1",
  debug: true,
});
Sentry.setUser({ id: "42", email: "ada@example.com" });
Sentry.setTag("region", "eu-west");
Sentry.addBreadcrumb({ category: "cart", message: "emptied the cart" });

function average() {
  try {
    fs.readFileSync("/no/such/prices");
  } catch (error) {
    throw new TypeError("the shop has no average", { cause: error });
  }
}

for (const number of [1, 2, 3]) {
  Sentry.captureMessage(`the shop lost order ${number}`, "warning");
}
Sentry.flush(5000).then((isDone) => {
  console.log(isDone ? "all was flushed" : "something was lost");
  setImmediate(average);
});
