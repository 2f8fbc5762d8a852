/* Drops a file on a window as a file manager does (XDND 5), for the end-to-end
 * test: cc xdnd.c -lX11; xdnd WINDOW X Y URI */
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Display *d;
static Window me, to;

static Atom atom(const char *name) { return XInternAtom(d, name, False); }

static void tell(const char *type, long a, long b, long c, long e) {
  XEvent x;
  memset(&x, 0, sizeof x);
  x.xclient.type = ClientMessage;
  x.xclient.display = d;
  x.xclient.window = to;
  x.xclient.message_type = atom(type);
  x.xclient.format = 32;
  long v[5] = {me, a, b, c, e};
  memcpy(x.xclient.data.l, v, sizeof v);
  XSendEvent(d, to, False, NoEventMask, &x);
  XFlush(d);
}

int main(int n, char **v) {
  d = XOpenDisplay(0);
  if (!d || n < 5) return 2;
  to = strtoul(v[1], 0, 0);
  long x = atol(v[2]), y = atol(v[3]);
  me = XCreateSimpleWindow(d, DefaultRootWindow(d), 0, 0, 1, 1, 0, 0, 0);
  XSetSelectionOwner(d, atom("XdndSelection"), me, CurrentTime);
  tell("XdndEnter", 5L << 24, atom("text/uri-list"), 0, 0);
  tell("XdndPosition", 0, (x << 16) | y, CurrentTime, atom("XdndActionCopy"));
  int dropped = 0;
  for (;;) {
    XEvent e;
    XNextEvent(d, &e);
    if (e.type == ClientMessage && e.xclient.message_type == atom("XdndStatus")) {
      if (!dropped) tell("XdndDrop", 0, CurrentTime, 0, 0);
      dropped = 1;
    } else if (e.type == SelectionRequest) {
      XSelectionRequestEvent *r = &e.xselectionrequest;
      char b[4096];
      snprintf(b, sizeof b, "%s\r\n", v[4]);
      XChangeProperty(d, r->requestor, r->property, r->target, 8, PropModeReplace, (unsigned char *)b, strlen(b));
      XEvent o;
      memset(&o, 0, sizeof o);
      o.xselection.type = SelectionNotify;
      o.xselection.requestor = r->requestor;
      o.xselection.selection = r->selection;
      o.xselection.target = r->target;
      o.xselection.property = r->property;
      o.xselection.time = r->time;
      XSendEvent(d, r->requestor, False, 0, &o);
      XFlush(d);
    } else if (e.type == ClientMessage && e.xclient.message_type == atom("XdndFinished")) {
      return 0;
    }
  }
}
