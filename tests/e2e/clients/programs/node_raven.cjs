// A shop that loses orders and then dies, watched by raven.
const fs = require("node:fs");
const Raven = require(process.env.SHOP_SDK);

Raven.config(process.env.SHOP_DSN, {
  release: "shop@1.2.3",
  environment: "staging",
  name: "shop-1",
  tags: { region: "eu-west" },
  autoBreadcrumbs: true,
}).install((error, refusal) => {
  console.log(refusal ? `refused: ${refusal}` : "the crash was sent");
  process.exit(1);
});

Raven.mergeContext({ user: { id: "42", email: "ada@example.com" } });
Raven.captureBreadcrumb({ category: "cart", message: "emptied the cart" });

function average() {
  try {
    fs.readFileSync("/no/such/prices");
  } catch (error) {
    throw new TypeError("the shop has no average");
  }
}

function send(number) {
  return new Promise((resolve) => {
    const text = `the shop lost order ${number}`;
    Raven.captureMessage(text, { level: "warning" }, resolve);
  });
}

Promise.all([1, 2, 3].map(send)).then((refusals) => {
  const wrong = refusals.filter(Boolean);
  console.log(wrong.length ? `refused: ${wrong}` : "all was flushed");
  setImmediate(average);
});
