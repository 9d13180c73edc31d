package dev.gradwire.cli.demo;

import dev.gradwire.client.Gradwire;
import dev.gradwire.client.Tensor;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** The two examples with which autograd is usually taught. */
final class Tutorial {
    private final Gradwire client;
    private final PrintStream out;

    Tutorial(Gradwire client, PrintStream out) {
        this.client = client;
        this.out = out;
    }

    void run() {
        scalar();
        vector();
    }

    private void scalar() {
        Tensor a = client.ones(2, 2).requiresGrad(true).named("a");
        Tensor b = a.add(2).named("b");
        Tensor c = b.pow(2).named("c");
        Tensor result = c.sum().named("out");

        show("a = ones(2, 2), requires grad", a);
        show("b = a + 2", b);
        show("c = b ** 2", c);
        show("out = sum(c)", result);
        result.backward();
        showGradient("out.backward(); a.grad", a);
    }

    private void vector() {
        Tensor x = client.ones(3).requiresGrad(true).named("x");
        Tensor y = x.pow(2).named("y");
        Tensor z = y.add(3).named("z");

        show("x = ones(3), requires grad", x);
        show("y = x ** 2", y);
        show("z = y + 3", z);
        z.backward(client.tensor(new float[] {0.1f, 1, 10}));
        showGradient("z.backward([0.1, 1, 10]); x.grad", x);
    }

    private void show(String statement, Tensor tensor) {
        out.println("  " + statement);
        line("data", tensor.data());
        line("grad", null);
        line("grad_fn", tensor.gradFn());
    }

    private void showGradient(String statement, Tensor leaf) {
        Tensor gradient = leaf.grad();
        out.println("  " + statement);
        line("", gradient == null ? null : gradient.data());
        out.println();
    }

    private void line(String label, @Nullable Object value) {
        String text = value == null ? "None" : value.toString();
        out.printf("    %-9s%s%n", label, text.replace("\n", "\n" + " ".repeat(13)));
    }
}
