{% load embed %}(function (config) {
  "use strict";
  var ID = "errtrack-report-dialog";
  var STYLE = [
    "dialog{color-scheme:light dark;box-sizing:border-box;width:min(480px,calc(100vw - 24px));max-height:calc(100dvh - 24px);padding:0;border:1px solid light-dark(#d3d9e2,#343d4c);border-radius:10px;background:light-dark(#fff,#161a22);color:light-dark(#171c27,#e7eaf0);font:14px/20px system-ui,-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif;box-shadow:0 12px 40px rgb(0 0 0/.28);overflow:auto}",
    "dialog::backdrop{background:rgb(10 14 22/.5)}",
    "form,.done{display:grid;gap:16px;padding:24px}",
    "h2{margin:0;font-size:20px;line-height:28px;font-weight:650;overflow-wrap:anywhere}",
    "p{margin:4px 0 0;color:light-dark(#465064,#b1bac8);overflow-wrap:anywhere}",
    "label{display:grid;gap:4px;font-weight:500}",
    "input,textarea{box-sizing:border-box;width:100%;padding:7px 10px;border:1px solid light-dark(#7e899c,#68758b);border-radius:6px;background:light-dark(#fff,#12161d);color:inherit;font:inherit;font-size:16px;line-height:22px}",
    "textarea{min-height:112px;resize:vertical}",
    "[aria-invalid=true]{border-color:light-dark(#cb2a2f,#ff8078)}",
    ":focus-visible{outline:2px solid light-dark(#3350cc,#9db0ff);outline-offset:1px}",
    ".bad{margin:0;color:light-dark(#cb2a2f,#ff8078);font-size:13px;line-height:18px;font-weight:400}",
    ".bad:empty{display:none}",
    ".acts{display:flex;flex-wrap:wrap;justify-content:flex-end;gap:8px}",
    "button{min-height:40px;padding:0 16px;border:1px solid light-dark(#7e899c,#68758b);border-radius:6px;background:none;color:inherit;font:inherit;font-weight:500;cursor:pointer}",
    "button.p{border-color:transparent;background:light-dark(#3350cc,#4660dd);color:#fff}",
    "button:disabled{opacity:.6;cursor:default}"
  ].join("\n");
  var texts = config.texts;
  // By the address that the page knows us by, which a proxy may have changed.
  var address = (document.currentScript && document.currentScript.src) || config.address;

  function make(tag, attributes, children) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      node.setAttribute(name, attributes[name]);
    });
    (children || []).forEach(function (child) {
      node.append(child);
    });
    return node;
  }

  function field(tag, name, label, value, attributes) {
    var input = make(tag, Object.assign({ name: name, required: "", "aria-describedby": name + "-bad" }, attributes));
    input.value = value;
    var bad = make("span", { id: name + "-bad", class: "bad" });
    return { input: input, bad: bad, node: make("label", {}, [label, input, bad]) };
  }

  function dress(root) {
    // A sheet that is constructed needs no permission by the page's policy.
    if (root.adoptedStyleSheets && typeof CSSStyleSheet.prototype.replaceSync === "function") {
      var sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } else {
      root.append(make("style", {}, [STYLE]));
    }
  }

  function open() {
    if (document.getElementById(ID)) return;
    var host = make("div", { id: ID });
    // Against whatever the page says of all its elements.
    host.style.setProperty("all", "initial", "important");
    var root = host.attachShadow({ mode: "open" });
    dress(root);
    var fields = {
      name: field("input", "name", texts.labelName, config.name, { autocomplete: "name" }),
      email: field("input", "email", texts.labelEmail, config.email, { type: "email", autocomplete: "email" }),
      comments: field("textarea", "comments", texts.labelComments, "", { maxlength: config.maxComments })
    };
    var problem = make("p", { class: "bad", role: "alert" });
    var send = make("button", { class: "p", type: "submit" }, [texts.labelSubmit]);
    var close = make("button", { type: "button" }, [texts.labelClose]);
    var head = make("div", {}, [
      make("h2", { id: "title" }, [texts.title]),
      make("p", {}, [texts.subtitle]),
      make("p", {}, [texts.subtitle2])
    ]);
    var form = make("form", { novalidate: "" }, [
      head, fields.name.node, fields.email.node, fields.comments.node, problem,
      make("div", { class: "acts" }, [close, send])
    ]);
    var dialog = make("dialog", { "aria-labelledby": "title", lang: config.language }, [form]);
    root.append(dialog);

    dialog.addEventListener("close", function () {
      host.remove();
      // The SDK calls its user's onClose by this word.
      window.postMessage("__sentry_reportdialog_closed__", "*");
    });
    function shut() {
      dialog.close();
    }
    function mark(errors) {
      Object.keys(fields).forEach(function (name) {
        var told = errors[name] || [];
        fields[name].bad.textContent = told.join(" ");
        fields[name].input.setAttribute("aria-invalid", String(told.length > 0));
      });
      problem.textContent = Object.keys(errors).length ? texts.errorFormEntry : "";
    }
    function thank() {
      var end = make("button", { class: "p", type: "button" }, [texts.labelClose]);
      end.addEventListener("click", shut);
      form.replaceWith(make("div", { class: "done", role: "status" }, [
        make("h2", { id: "title" }, [texts.successMessage]),
        make("div", { class: "acts" }, [end])
      ]));
      end.focus();
    }
    function fail() {
      problem.textContent = texts.errorGeneric;
    }
    close.addEventListener("click", shut);
    // What is typed must not reach the shortcuts of the page around.
    dialog.addEventListener("keydown", function (event) {
      event.stopPropagation();
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      send.disabled = true;
      problem.textContent = "";
      var body = new URLSearchParams();
      Object.keys(fields).forEach(function (name) {
        body.append(name, fields[name].input.value);
      });
      fetch(address, { method: "POST", body: body, credentials: "omit" })
        .then(function (answer) {
          if (answer.ok) return thank();
          if (answer.status !== 400) return fail();
          return answer.json().then(function (told) {
            mark(told.errors || {});
          });
        })
        .catch(fail)
        .then(function () {
          send.disabled = false;
        });
    });
    document.body.append(host);
    dialog.showModal();
    (config.name ? fields.comments : fields.name).input.focus();
  }

  if (document.body) open();
  else document.addEventListener("DOMContentLoaded", open);
})({{ config|as_script }});
