// The program: hands its arguments to the table of commands and ends with the code it returns.
import Agent
import CLinux
import Glibc
import Platform

tp_single_arena()
exit(CommandTable.tailproof.run(ProcessEnvironment.arguments).rawValue)
