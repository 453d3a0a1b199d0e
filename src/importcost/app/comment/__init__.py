"""One comment on a pull request that renews itself: GitHub, GitLab, Bitbucket, Azure DevOps."""
