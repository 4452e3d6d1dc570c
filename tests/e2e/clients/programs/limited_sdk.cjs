// Tells of four losses, one after another, by @sentry/node of any age.
const Sentry = require(process.env.SHOP_SDK);

Sentry.init({ dsn: process.env.SHOP_DSN });

async function main() {
  for (const number of [1, 2, 3, 4]) {
    Sentry.captureMessage(`the shop lost order ${number}`);
    // Until the answer is there, so that it is known when the next one is captured.
    await Sentry.flush(5000);
  }
  await Sentry.close(5000);
}

main();
