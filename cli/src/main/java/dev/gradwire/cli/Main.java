package dev.gradwire.cli;

import dev.gradwire.cli.bench.BenchCommand;
import dev.gradwire.cli.bench.Worker;
import dev.gradwire.cli.bench.service.Peer;
import dev.gradwire.cli.conformance.ConformanceCommand;
import dev.gradwire.cli.demo.DemoCommand;
import dev.gradwire.cli.operators.OperatorsCommand;
import dev.gradwire.cli.soak.SoakClient;
import dev.gradwire.cli.soak.SoakCommand;
import dev.gradwire.cli.sweep.SweepCommand;
import dev.gradwire.service.HealthCommand;
import dev.gradwire.service.ServeCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** Entry point of the {@code gradwire} command. */
@Command(
        name = "gradwire",
        description = "Gradients as a service: sends a graph, returns values, gradients and grad_fn metadata.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        subcommands = {
            HelpCommand.class,
            DemoCommand.class,
            ConformanceCommand.class,
            BenchCommand.class,
            Worker.class,
            Peer.class,
            OperatorsCommand.class,
            SweepCommand.class,
            SoakCommand.class,
            SoakClient.class,
            HealthCommand.class
        })
public final class Main {
    private Main() {}

    /**
     * Runs one command and exits with its status: 0 done, 1 failed, 2 wrong usage.
     *
     * @param args subcommand and its options
     */
    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new Main()).addSubcommand("serve", ServeCommand.commandLine());
        System.exit(commandLine.execute(args));
    }
}
